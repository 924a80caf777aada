import { strings } from '../strings.js';

export function DeviceMenu(props: {
  label: string;
  devices: MediaDeviceInfo[];
  value: string;
  onChange: (deviceId: string) => void;
  name?: string;
  /** The browser gives this page none, whatever there is. */
  refused?: boolean;
}) {
  const known = props.devices.some((d) => d.deviceId === props.value);
  return (
    <label class="field">
      <span>{props.label}</span>
      <select
        name={props.name}
        value={known ? props.value : ''}
        disabled={props.devices.length === 0}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      >
        <option value="">
          {props.devices.length > 0
            ? strings.defaultDevice
            : props.refused
              ? strings.deviceRefused
              : strings.noDevice}
        </option>
        {named(props.devices, props.label).map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Devices with a name each; before access is allowed browsers give them none. */
export function named(devices: MediaDeviceInfo[], kind: string) {
  return devices
    .filter((d) => d.deviceId !== 'default')
    .map((device, index) => ({
      id: device.deviceId,
      label: device.label || strings.numbered(kind, index + 1),
    }));
}
