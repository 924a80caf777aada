import { strings } from './strings.js';

export function DeviceMenu(props: {
  label: string;
  devices: MediaDeviceInfo[];
  value: string;
  onChange: (deviceId: string) => void;
}) {
  const known = props.devices.some((d) => d.deviceId === props.value);
  return (
    <label class="field">
      <span>{props.label}</span>
      <select
        value={known ? props.value : ''}
        disabled={props.devices.length === 0}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      >
        <option value="">
          {props.devices.length === 0 ? strings.noDevice : strings.defaultDevice}
        </option>
        {props.devices.map((device, index) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label || `${props.label} ${index + 1}`}
          </option>
        ))}
      </select>
    </label>
  );
}
