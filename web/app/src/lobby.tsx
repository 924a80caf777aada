// Before the call: see yourself, choose devices, a name and a room.

import { type MediaError, type ParleyError, speakerSelectionSupported } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { DeviceMenu } from './device-menu.js';
import {
  CameraIcon,
  CameraOffIcon,
  MicrophoneIcon,
  MicrophoneOffIcon,
  RefreshIcon,
  WarningIcon,
} from './icons.js';
import { LevelMeter } from './level-meter.js';
import { VideoView } from './media-element.js';
import { type PageRequest, type Preferences, suggestRoom } from './preferences.js';
import { strings } from './strings.js';
import { usePreview } from './use-preview.js';

export interface JoinRequest {
  name: string;
  room: string;
  stream: MediaStream | null;
}

export function Lobby(props: {
  request: PageRequest;
  preferences: Preferences;
  onPreferences: (preferences: Preferences) => void;
  onJoin: (request: JoinRequest) => void;
  joining: boolean;
  error: ParleyError | null;
}) {
  const { preferences, onPreferences, request } = props;
  const [name, setName] = useState(request.name || preferences.name);
  const [room, setRoom] = useState(request.room || suggestRoom);
  const preview = usePreview(preferences, request.video);
  const change = (part: Partial<Preferences>) => onPreferences({ ...preferences, ...part });

  const join = () => {
    if (!room.trim() || props.joining) return;
    change({ name: name.trim() });
    props.onJoin({ name: name.trim(), room: room.trim(), stream: preview.release() });
  };
  useEffect(() => {
    if (request.autojoin && preview.settled) join();
  }, [preview.settled]);

  return (
    <main class="lobby">
      <section class="preview" aria-label={strings.camera}>
        <Preview preview={preview} preferences={preferences} onChange={change} />
        <div class="devices">
          <DeviceMenu
            label={strings.camera}
            devices={preview.devices.cameras}
            value={preferences.cameraId}
            onChange={(cameraId) => change({ cameraId })}
          />
          <DeviceMenu
            label={strings.microphone}
            devices={preview.devices.microphones}
            value={preferences.microphoneId}
            onChange={(microphoneId) => change({ microphoneId })}
          />
          {speakerSelectionSupported() && preview.devices.speakers.length > 0 && (
            <DeviceMenu
              label={strings.speaker}
              devices={preview.devices.speakers}
              value={preferences.speakerId}
              onChange={(speakerId) => change({ speakerId })}
            />
          )}
        </div>
        {preview.error && <MediaProblem preview={preview} error={preview.error} />}
      </section>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          join();
        }}
      >
        <header>
          <img src="./icon.svg" alt="" width="40" height="40" />
          <h1>{strings.lobbyTitle}</h1>
          <p>{strings.lobbyLead}</p>
        </header>
        {props.error && <Problem error={props.error} />}
        <label class="field">
          <span>{strings.name}</span>
          <input
            name="name"
            value={name}
            maxLength={64}
            autocomplete="nickname"
            placeholder={strings.namePlaceholder}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>{strings.room}</span>
          <span class="with-button">
            <input
              name="room"
              value={room}
              maxLength={128}
              required
              autocomplete="off"
              spellcheck={false}
              placeholder={strings.roomPlaceholder}
              onInput={(event) => setRoom(event.currentTarget.value)}
            />
            <button
              type="button"
              class="icon-button"
              aria-label={strings.newRoom}
              title={strings.newRoom}
              onClick={() => setRoom(suggestRoom())}
            >
              <RefreshIcon size={18} />
            </button>
          </span>
        </label>
        <button type="submit" class="primary" disabled={props.joining || !room.trim()}>
          {props.joining ? strings.joining : strings.join}
        </button>
      </form>
    </main>
  );
}

type PreviewState = ReturnType<typeof usePreview>;

function Preview(props: {
  preview: PreviewState;
  preferences: Preferences;
  onChange: (part: Partial<Preferences>) => void;
}) {
  const { preview, preferences, onChange } = props;
  const showsPicture = preferences.cameraOn && preview.video !== null;
  return (
    <div class="mirror">
      {showsPicture ? (
        <VideoView track={preview.video} mirrored label={strings.you} />
      ) : (
        <p class="mirror-note">{previewNote(preview.settled, preferences.cameraOn)}</p>
      )}
      <div class="mirror-controls">
        <Toggle
          on={preferences.microphoneOn}
          onLabel={strings.turnMicrophoneOff}
          offLabel={strings.turnMicrophoneOn}
          onClick={() => onChange({ microphoneOn: !preferences.microphoneOn })}
        >
          {preferences.microphoneOn ? <MicrophoneIcon /> : <MicrophoneOffIcon />}
        </Toggle>
        <Toggle
          on={preferences.cameraOn}
          onLabel={strings.turnCameraOff}
          offLabel={strings.turnCameraOn}
          onClick={() => onChange({ cameraOn: !preferences.cameraOn })}
        >
          {preferences.cameraOn ? <CameraIcon /> : <CameraOffIcon />}
        </Toggle>
      </div>
      <LevelMeter track={preferences.microphoneOn ? preview.audio : null} />
    </div>
  );
}

function previewNote(settled: boolean, cameraOn: boolean): string {
  if (!cameraOn) return strings.cameraOffPreview;
  return settled ? strings.noPicture : strings.startingPreview;
}

export function Toggle(props: {
  on: boolean;
  onLabel: string;
  offLabel: string;
  onClick: () => void;
  disabled?: boolean;
  name?: string;
  children: preact.ComponentChildren;
}) {
  const label = props.on ? props.onLabel : props.offLabel;
  return (
    <button
      type="button"
      class={props.on ? 'round' : 'round off'}
      aria-label={label}
      aria-pressed={props.on}
      title={label}
      data-control={props.name}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}

function MediaProblem({ preview, error }: { preview: PreviewState; error: MediaError }) {
  const still = preview.audio
    ? strings.soundOnly
    : preview.video
      ? strings.pictureOnly
      : strings.watchOnly;
  return (
    <div class="problem" role="alert" data-code={error.code}>
      <WarningIcon size={20} />
      <div>
        <strong>{error.message}</strong>
        <p>
          {error.remedy} {still}
        </p>
        <button type="button" class="quiet" onClick={preview.retry}>
          {strings.tryAgain}
        </button>
      </div>
    </div>
  );
}

export function Problem({ error }: { error: ParleyError }) {
  return (
    <div class="problem" role="alert" data-code={error.code}>
      <WarningIcon size={20} />
      <div>
        <strong>{error.message}</strong>
        <p>{error.remedy}</p>
      </div>
    </div>
  );
}
