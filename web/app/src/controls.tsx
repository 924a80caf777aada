import { type ConferenceClient, ParleyError, screenShareSupported } from '@parley/client';
import { useState } from 'preact/hooks';
import {
  CameraIcon,
  CameraOffIcon,
  ChartIcon,
  CheckIcon,
  LeaveIcon,
  LinkIcon,
  MicrophoneIcon,
  MicrophoneOffIcon,
  ScreenIcon,
  ScreenStopIcon,
} from './icons.js';
import { Toggle } from './lobby.js';
import { inviteLink, type Preferences } from './preferences.js';
import { strings } from './strings.js';

export function Controls(props: {
  client: ConferenceClient;
  room: string;
  preferences: Preferences;
  onPreferences: (preferences: Preferences) => void;
  panelOpen: boolean;
  onPanel: () => void;
  onProblem: (error: ParleyError) => void;
}) {
  const { client } = props;
  const [busy, setBusy] = useState(false);

  const run = async (action: () => Promise<void>) => {
    setBusy(true);
    try {
      await action();
    } catch (thrown) {
      // Closing the browser's own picker is a choice, not a problem.
      const dismissed = thrown instanceof ParleyError && thrown.code === 'permission_denied';
      if (thrown instanceof ParleyError && !dismissed) props.onProblem(thrown);
    } finally {
      setBusy(false);
    }
  };
  const setMicrophone = (on: boolean) =>
    run(async () => {
      await client.setMicrophone(on);
      props.onPreferences({ ...props.preferences, microphoneOn: on });
    });
  const setCamera = (on: boolean) =>
    run(async () => {
      await client.setCamera(on);
      props.onPreferences({ ...props.preferences, cameraOn: on });
    });
  const sharing = client.screenTrack !== null;

  return (
    <nav class="controls">
      <Toggle
        name="microphone"
        on={client.microphoneOn}
        onLabel={strings.turnMicrophoneOff}
        offLabel={strings.turnMicrophoneOn}
        disabled={busy}
        onClick={() => setMicrophone(!client.microphoneOn)}
      >
        {client.microphoneOn ? <MicrophoneIcon /> : <MicrophoneOffIcon />}
      </Toggle>
      <Toggle
        name="camera"
        on={client.cameraOn}
        onLabel={strings.turnCameraOff}
        offLabel={strings.turnCameraOn}
        disabled={busy}
        onClick={() => setCamera(!client.cameraOn)}
      >
        {client.cameraOn ? <CameraIcon /> : <CameraOffIcon />}
      </Toggle>
      {screenShareSupported() && (
        <button
          type="button"
          class={sharing ? 'round active' : 'round'}
          data-control="screen"
          aria-pressed={sharing}
          aria-label={sharing ? strings.stopSharing : strings.shareScreen}
          title={sharing ? strings.stopSharing : strings.shareScreen}
          disabled={busy}
          onClick={() =>
            run(() => (sharing ? client.stopScreenShare() : client.startScreenShare()))
          }
        >
          {sharing ? <ScreenStopIcon /> : <ScreenIcon />}
        </button>
      )}
      <span class="separator" />
      <InviteButton room={props.room} />
      <button
        type="button"
        class={props.panelOpen ? 'round active' : 'round'}
        data-control="statistics"
        aria-pressed={props.panelOpen}
        aria-label={strings.statistics}
        title={strings.statistics}
        onClick={props.onPanel}
      >
        <ChartIcon />
      </button>
      <span class="separator" />
      <button
        type="button"
        class="round leave"
        data-control="leave"
        aria-label={strings.leave}
        title={strings.leave}
        onClick={() => void client.leave()}
      >
        <LeaveIcon size={26} />
      </button>
    </nav>
  );
}

function InviteButton({ room }: { room: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    const link = inviteLink(window.location, room);
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      // No clipboard on insecure pages: show the link where it can be copied by hand.
      window.prompt(strings.inviteFailed, link);
    }
  };
  const label = copied ? strings.inviteCopied : strings.copyInvite;
  return (
    <button
      type="button"
      class={copied ? 'round done' : 'round'}
      data-control="invite"
      aria-label={label}
      title={label}
      onClick={copy}
    >
      {copied ? <CheckIcon /> : <LinkIcon />}
      {copied && (
        <span class="bubble" role="status">
          {strings.inviteCopied}
        </span>
      )}
    </button>
  );
}
