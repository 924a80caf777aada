// Before the call: see yourself, choose devices, a name and a room.

import { type ParleyError, type Platform, speakerSelectionSupported } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { InviteButton } from '../call/invite.js';
import { VideoView } from '../call/media-element.js';
import {
  type BackgroundChoice,
  type EffectChoice,
  type Effects,
  kBackgrounds,
} from '../effects/effects.js';
import type { Invitation } from '../invitation.js';
import { type PageRequest, type Preferences, suggestRoom } from '../preferences.js';
import { type RoomNameProblem, roomNameProblem } from '../room-name.js';
import { strings } from '../strings.js';
import { Toggle } from '../ui/button.js';
import { DeviceMenu } from '../ui/device-menu.js';
import {
  CameraIcon,
  CameraOffIcon,
  MicrophoneIcon,
  MicrophoneOffIcon,
  RefreshIcon,
} from '../ui/icons.js';
import { LevelMeter } from '../ui/level-meter.js';
import { failureOf } from './media-help.js';
import { firstName, nameToRemember } from './own-name.js';
import { MediaProblem, Problem } from './problem.js';
import { type Preview, usePreview } from './use-preview.js';

export interface JoinRequest {
  name: string;
  room: string;
  stream: Promise<MediaStream | null>;
}

export function Lobby(props: {
  request: PageRequest;
  effects: Effects;
  platform: Platform;
  preferences: Preferences;
  onPreferences: (preferences: Preferences) => void;
  onJoin: (request: JoinRequest) => void;
  joining: boolean;
  error: ParleyError | null;
}) {
  const { preferences, onPreferences, request } = props;
  const { invitation } = request;
  const { mayPublish } = invitation;
  const [name, setName] = useState(firstName(invitation, request.name, preferences.name));
  const [room, setRoom] = useState(() => request.room || preferences.room || suggestRoom());
  const wrongRoom = roomNameProblem(room.trim());
  const ready = room.trim() !== '' && !wrongRoom;
  const preview = usePreview(props.platform, preferences, request);
  const change = (part: Partial<Preferences>) => onPreferences({ ...preferences, ...part });

  const join = () => {
    if (!ready || props.joining) return;
    const remembered = nameToRemember(invitation, name.trim(), preferences.name);
    change({ name: remembered, room: room.trim() });
    props.onJoin({ name: name.trim(), room: room.trim(), stream: preview.release() });
  };
  useEffect(() => {
    if (request.autojoin && preview.settled) join();
  }, [preview.settled]);
  // A join that failed leaves the stream here.
  useEffect(() => {
    if (props.error) preview.takeBack();
  }, [props.error]);
  const waiting = props.joining && !preview.settled;

  return (
    <main class="lobby">
      <section class="preview" aria-label={strings.preview}>
        <Mirror
          preview={preview}
          preferences={preferences}
          mayPublish={mayPublish}
          onChange={change}
        />
        <Devices
          preview={preview}
          preferences={preferences}
          mayPublish={mayPublish}
          onChange={change}
        />
        {mayPublish && (
          <EffectMenus
            effects={props.effects}
            preview={preview}
            preferences={preferences}
            onChange={change}
          />
        )}
        <MediaProblem preview={preview} />
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
        <NameField name={name} invitation={invitation} onName={setName} />
        <RoomField room={room} problem={wrongRoom} onRoom={setRoom} />
        <button type="submit" class="primary" disabled={props.joining || !ready}>
          {waiting ? strings.waitingForDevices : props.joining ? strings.joining : strings.join}
        </button>
        <InviteButton room={ready ? room.trim() : ''} />
      </form>
    </main>
  );
}

function NameField(props: {
  name: string;
  invitation: Invitation;
  onName: (name: string) => void;
}) {
  const { name: given, identity } = props.invitation;
  const hint = given ? strings.nameFromInvitation : identity && strings.invitationFor(identity);
  return (
    <div class="field">
      <label class="field">
        <span>{strings.name}</span>
        <input
          name="name"
          value={props.name}
          maxLength={64}
          autocomplete="nickname"
          placeholder={strings.namePlaceholder}
          readOnly={given !== ''}
          aria-describedby={hint ? 'name-hint' : undefined}
          onInput={(event) => props.onName(event.currentTarget.value)}
        />
      </label>
      {hint && (
        <p class="hint" id="name-hint">
          {hint}
        </p>
      )}
    </div>
  );
}

function RoomField(props: {
  room: string;
  problem: RoomNameProblem | null;
  onRoom: (room: string) => void;
}) {
  const { problem } = props;
  return (
    <div class="field">
      <label class="field">
        <span>{strings.room}</span>
        <span class="with-button">
          <input
            name="room"
            value={props.room}
            maxLength={128}
            required
            autocomplete="off"
            spellcheck={false}
            placeholder={strings.roomPlaceholder}
            aria-invalid={problem !== null}
            aria-describedby="room-problem"
            onInput={(event) => props.onRoom(event.currentTarget.value)}
          />
          <button
            type="button"
            class="icon-button"
            aria-label={strings.newRoom}
            title={strings.newRoom}
            onClick={() => props.onRoom(suggestRoom())}
          >
            <RefreshIcon size={18} />
          </button>
        </span>
      </label>
      <p class="hint wrong" id="room-problem" role="status">
        {problem && `${strings.roomUnusable} ${strings.roomNameHelp[problem]}`}
      </p>
    </div>
  );
}

interface Part {
  preview: Preview;
  preferences: Preferences;
  /** Whether the invitation allows camera and microphone. */
  mayPublish: boolean;
  onChange: (part: Partial<Preferences>) => void;
}

function Devices({ preview, preferences, mayPublish, onChange }: Part) {
  const failure = preview.capture && failureOf(preview.capture);
  const refused = failure?.error.code === 'permission_denied';
  return (
    <div class="devices">
      {mayPublish && (
        <>
          <DeviceMenu
            label={strings.camera}
            devices={preview.devices.cameras}
            value={preferences.cameraId}
            refused={refused && failure.lacking !== 'microphone'}
            onChange={(cameraId) => onChange({ cameraId })}
          />
          <DeviceMenu
            label={strings.microphone}
            devices={preview.devices.microphones}
            value={preferences.microphoneId}
            refused={refused && failure.lacking !== 'camera'}
            onChange={(microphoneId) => onChange({ microphoneId })}
          />
        </>
      )}
      {speakerSelectionSupported() && preview.devices.speakers.length > 0 && (
        <DeviceMenu
          label={strings.speaker}
          devices={preview.devices.speakers}
          value={preferences.speakerId}
          onChange={(speakerId) => onChange({ speakerId })}
        />
      )}
    </div>
  );
}

/** Background and noise suppression; what could not be had is said. */
function EffectMenus(props: Omit<Part, 'mayPublish'> & { effects: Effects }) {
  const { effects, preview, preferences, onChange } = props;
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    effects.onFailed = () => setFailed(true);
    return () => {
      effects.onFailed = () => {};
    };
  }, [effects]);
  const choose = (part: Partial<EffectChoice>) => {
    setFailed(false);
    onChange(part);
    void effects.choose(part).then((anew) => anew.length > 0 && preview.retry());
  };
  return (
    <>
      <div class="devices effects">
        <label class="field">
          <span>{strings.background}</span>
          <select
            name="background"
            value={preferences.background}
            disabled={preview.video === null}
            onChange={(event) =>
              choose({ background: event.currentTarget.value as BackgroundChoice })
            }
          >
            {kBackgrounds.map((background) => (
              <option key={background} value={background}>
                {strings.backgrounds[background]}
              </option>
            ))}
          </select>
        </label>
        <label class="switch" title={strings.noiseSuppressionHint}>
          <input
            type="checkbox"
            name="noise-suppression"
            checked={preferences.noiseSuppression}
            disabled={preview.audio === null}
            onChange={(event) => choose({ noiseSuppression: event.currentTarget.checked })}
          />
          <span>{strings.noiseSuppression}</span>
        </label>
      </div>
      {failed && (
        <p class="soft" role="status">
          {strings.effectFailed}
        </p>
      )}
    </>
  );
}

function Mirror({ preview, preferences, mayPublish, onChange }: Part) {
  const showsPicture = preferences.cameraOn && preview.video !== null;
  // What there is not is not on, whatever was wished.
  const lacksMicrophone = preview.settled && preview.audio === null;
  const lacksCamera = preview.settled && preview.video === null;
  const microphoneOn = preferences.microphoneOn && !lacksMicrophone;
  const cameraOn = preferences.cameraOn && !lacksCamera;
  return (
    <div class="mirror">
      {showsPicture ? (
        <VideoView track={preview.video} mirrored label={strings.you} />
      ) : (
        <p class="mirror-note">
          {mayPublish ? previewNote(preview, preferences.cameraOn) : strings.watchOnlyInvitation}
        </p>
      )}
      <div class="mirror-controls">
        <Toggle
          on={microphoneOn}
          disabled={lacksMicrophone}
          blocked={mayPublish ? null : strings.noMicrophoneAllowed}
          onLabel={strings.turnMicrophoneOff}
          offLabel={strings.turnMicrophoneOn}
          name="microphone"
          onClick={() => onChange({ microphoneOn: !preferences.microphoneOn })}
        >
          {microphoneOn ? <MicrophoneIcon /> : <MicrophoneOffIcon />}
        </Toggle>
        <Toggle
          on={cameraOn}
          disabled={lacksCamera}
          blocked={mayPublish ? null : strings.noCameraAllowed}
          onLabel={strings.turnCameraOff}
          offLabel={strings.turnCameraOn}
          name="camera"
          onClick={() => onChange({ cameraOn: !preferences.cameraOn })}
        >
          {cameraOn ? <CameraIcon /> : <CameraOffIcon />}
        </Toggle>
      </div>
      <LevelMeter track={preferences.microphoneOn ? preview.audio : null} />
    </div>
  );
}

function previewNote({ settled, asking }: Preview, cameraOn: boolean): string {
  if (asking) return strings.askingPreview;
  if (!cameraOn) return strings.cameraOffPreview;
  return settled ? strings.noPicture : strings.startingPreview;
}
