// The bar below the stage: what people need at once as buttons, the rest in a menu.

import {
  browserPlatform,
  type ConferenceClient,
  type Devices,
  listDevices,
  ParleyError,
  screenShareSupported,
  speakerSelectionSupported,
} from '@parley/client';
import { useState } from 'preact/hooks';
import { type EffectChoice, kBackgrounds } from '../effects/effects.js';
import type { Preferences } from '../preferences.js';
import { strings } from '../strings.js';
import { IconButton, Toggle } from '../ui/button.js';
import { named } from '../ui/device-menu.js';
import {
  CameraIcon,
  CameraOffIcon,
  ChartIcon,
  ChatIcon,
  ChevronUpIcon,
  GridIcon,
  HandIcon,
  InviteIcon,
  KeyboardIcon,
  LeaveIcon,
  MicrophoneIcon,
  MicrophoneOffIcon,
  MoreIcon,
  PeopleIcon,
  ScreenIcon,
  ScreenStopIcon,
  SmileIcon,
  SoundIcon,
  SpeakerViewIcon,
} from '../ui/icons.js';
import { MenuButton, type MenuItem } from '../ui/menu.js';
import type { Theme } from '../ui/theme.js';
import { useMedia } from '../ui/use-media.js';
import type { Blocked } from './allowed.js';
import { kReactions } from './reactions.js';
import type { Action } from './shortcuts.js';

/** As in controls.css. */
const kNarrow = '(max-width: 560px)';

export type PanelName = 'chat' | 'people' | 'statistics';

export interface ControlsProps {
  client: ConferenceClient;
  room: string;
  preferences: Preferences;
  onPreferences: (preferences: Preferences) => void;
  panel: PanelName | null;
  unread: number;
  people: number;
  inGrid: boolean;
  audioOnly: boolean;
  blocked: Blocked;
  busy: boolean;
  choosingScreen: boolean;
  reacting: boolean;
  onReacting: (open: boolean) => void;
  onAudioOnly: (audioOnly: boolean) => void;
  onEffects: (choice: Partial<EffectChoice>) => void;
  run: (action: Action) => void;
  onCloseRoom: () => void;
  onProblem: (error: ParleyError) => void;
}

export function Controls(props: ControlsProps) {
  const { client, run } = props;
  const sharing = client.screenTrack !== null;
  // All in one row: what a phone needs less often is in its menu.
  const narrow = useMedia(kNarrow);
  return (
    <nav class="controls" aria-label={strings.controls}>
      <div class="controls-side left">
        <h1>{props.room}</h1>
      </div>
      <div class="controls-middle">
        <DeviceButtons {...props} />
        {screenShareSupported() && !narrow && (
          <IconButton
            label={sharing ? strings.stopSharing : strings.shareScreen}
            class={sharing ? 'active' : ''}
            hotkey="S"
            name="screen"
            pressed={sharing}
            disabled={props.choosingScreen}
            blocked={props.blocked.screen}
            onClick={() => run('screen')}
          >
            {sharing ? <ScreenStopIcon /> : <ScreenIcon />}
          </IconButton>
        )}
        <IconButton
          label={client.handRaised ? strings.lowerHand : strings.raiseHand}
          class={client.handRaised ? 'active raised' : ''}
          hotkey="H"
          name="hand"
          pressed={client.handRaised}
          onClick={() => run('hand')}
        >
          <HandIcon />
        </IconButton>
        <ReactionMenu {...props} />
        <IconButton
          label={strings.leave}
          class="leave"
          name="leave"
          onClick={() => void client.leave()}
        >
          <LeaveIcon size={26} />
        </IconButton>
      </div>
      <div class="controls-side right">
        {!narrow && (
          <IconButton
            label={strings.peopleHere(props.people)}
            class={props.panel === 'people' ? 'active' : ''}
            hotkey="P"
            name="people"
            expanded={props.panel === 'people'}
            onClick={() => run('people')}
          >
            <PeopleIcon />
            <span class="badge plain" data-count>
              {props.people}
            </span>
          </IconButton>
        )}
        <IconButton
          label={
            props.unread > 0 ? `${strings.chat}, ${strings.unread(props.unread)}` : strings.chat
          }
          class={props.panel === 'chat' ? 'active' : ''}
          hotkey="C"
          name="chat"
          expanded={props.panel === 'chat'}
          onClick={() => run('chat')}
        >
          <ChatIcon />
          {props.unread > 0 && (
            <span class="badge" data-unread>
              {props.unread > 99 ? '99+' : props.unread}
            </span>
          )}
        </IconButton>
        <MoreMenu {...props} narrow={narrow} />
      </div>
    </nav>
  );
}

function DeviceButtons(props: ControlsProps) {
  const { client, preferences, onPreferences, run, busy } = props;
  const [devices, setDevices] = useState<Devices>({ cameras: [], microphones: [], speakers: [] });
  const refresh = () => void listDevices(browserPlatform()).then(setDevices);
  const choose = (kind: 'audio' | 'video', id: string) => {
    const key = kind === 'audio' ? 'microphoneId' : 'cameraId';
    client
      .setDevice(kind, id)
      .then(() => onPreferences({ ...preferences, [key]: id }))
      .catch((error: unknown) => {
        if (error instanceof ParleyError) props.onProblem(error);
      });
  };
  const list = (
    kind: string,
    all: MediaDeviceInfo[],
    current: string,
    onSelect: (id: string) => void,
  ): MenuItem[] =>
    [{ id: '', label: strings.defaultDevice }, ...named(all, kind)].map(({ id, label }, i) => ({
      id: `${kind}-${id || 'default'}`,
      label,
      checked: id === current,
      heading: i === 0 ? kind : undefined,
      onSelect: () => onSelect(id),
    }));
  const speakers = speakerSelectionSupported()
    ? list(strings.speaker, devices.speakers, preferences.speakerId, (speakerId) =>
        onPreferences({ ...preferences, speakerId }),
      )
    : [];
  const { publish } = client.rights;
  const microphones = [
    ...list(strings.microphone, devices.microphones, preferences.microphoneId, (id) =>
      choose('audio', id),
    ),
    ...speakers,
    {
      id: 'noise-suppression',
      label: strings.noiseSuppression,
      heading: strings.effects,
      checked: preferences.noiseSuppression,
      toggles: true,
      onSelect: () => props.onEffects({ noiseSuppression: !preferences.noiseSuppression }),
    },
  ];
  const cameras = [
    ...list(strings.camera, devices.cameras, preferences.cameraId, (id) => choose('video', id)),
    ...kBackgrounds.map((background, i) => ({
      id: `background-${background}`,
      label: strings.backgrounds[background],
      heading: i === 0 ? strings.background : undefined,
      checked: preferences.background === background,
      onSelect: () => props.onEffects({ background }),
    })),
  ];
  return (
    <>
      <span class="pair">
        <Toggle
          on={client.microphoneOn}
          onLabel={strings.turnMicrophoneOff}
          offLabel={strings.turnMicrophoneOn}
          hotkey="M"
          name="microphone"
          disabled={busy}
          blocked={props.blocked.microphone}
          onClick={() => run('microphone')}
        >
          {client.microphoneOn ? <MicrophoneIcon /> : <MicrophoneOffIcon />}
        </Toggle>
        {(publish || speakers.length > 0) && (
          <MenuButton
            label={publish ? strings.chooseMicrophone : strings.chooseSpeaker}
            class="caret"
            name="microphones"
            icon={<ChevronUpIcon size={16} />}
            onBeforeOpen={refresh}
            items={publish ? microphones : speakers}
          />
        )}
      </span>
      <span class="pair">
        <Toggle
          on={client.cameraOn}
          onLabel={strings.turnCameraOff}
          offLabel={strings.turnCameraOn}
          hotkey="V"
          name="camera"
          disabled={busy}
          blocked={props.blocked.camera}
          onClick={() => run('camera')}
        >
          {client.cameraOn ? <CameraIcon /> : <CameraOffIcon />}
        </Toggle>
        {publish && (
          <MenuButton
            label={strings.chooseCamera}
            class="caret"
            name="cameras"
            icon={<ChevronUpIcon size={16} />}
            onBeforeOpen={refresh}
            items={cameras}
          />
        )}
      </span>
    </>
  );
}

function ReactionMenu({ client, reacting, onReacting }: ControlsProps) {
  return (
    <MenuButton
      label={strings.react}
      name="react"
      icon={<SmileIcon />}
      items={[]}
      open={reacting}
      onOpen={onReacting}
      content={(close) =>
        kReactions.map((reaction) => (
          <button
            key={reaction}
            type="button"
            role="menuitem"
            class="reaction"
            tabIndex={-1}
            onClick={() => {
              close();
              client.sendReaction(reaction);
            }}
          >
            {reaction}
          </button>
        ))
      }
    />
  );
}

function MoreMenu(props: ControlsProps & { narrow: boolean }) {
  const { run, preferences, onPreferences } = props;
  const sharing = props.client.screenTrack !== null;
  const moved: MenuItem[] = [];
  if (props.narrow) {
    moved.push({
      id: 'people',
      label: strings.peopleHere(props.people),
      icon: <PeopleIcon size={18} />,
      onSelect: () => run('people'),
    });
  }
  if (props.narrow && screenShareSupported()) {
    moved.push({
      id: 'screen',
      label: props.blocked.screen ?? (sharing ? strings.stopSharing : strings.shareScreen),
      icon: sharing ? <ScreenStopIcon size={18} /> : <ScreenIcon size={18} />,
      disabled: props.choosingScreen || props.blocked.screen !== null,
      onSelect: () => run('screen'),
    });
  }
  const themes: MenuItem[] = (['system', 'light', 'dark'] as Theme[]).map((theme, i) => ({
    id: `theme-${theme}`,
    label: strings.themes[theme],
    checked: preferences.theme === theme,
    heading: i === 0 ? strings.appearance : undefined,
    onSelect: () => onPreferences({ ...preferences, theme }),
  }));
  return (
    <MenuButton
      label={strings.more}
      name="more"
      icon={<MoreIcon />}
      items={[
        ...moved,
        {
          id: 'view',
          label: props.inGrid ? strings.speakerView : strings.gridView,
          icon: props.inGrid ? <SpeakerViewIcon size={18} /> : <GridIcon size={18} />,
          hotkey: 'G',
          onSelect: () => run('view'),
        },
        {
          id: 'invite',
          label: strings.invite,
          icon: <InviteIcon size={18} />,
          hotkey: 'I',
          onSelect: () => run('invite'),
        },
        {
          id: 'audio-only',
          label: props.audioOnly ? strings.videoAgain : strings.audioOnly,
          icon: <SoundIcon size={18} />,
          onSelect: () => props.onAudioOnly(!props.audioOnly),
        },
        {
          id: 'statistics',
          label: strings.statistics,
          icon: <ChartIcon size={18} />,
          hotkey: 'T',
          onSelect: () => run('statistics'),
        },
        {
          id: 'shortcuts',
          label: strings.shortcuts,
          icon: <KeyboardIcon size={18} />,
          hotkey: '?',
          onSelect: () => run('help'),
        },
        ...themes,
        ...(props.client.rights.admin ? [ending(props.onCloseRoom)] : []),
      ]}
    />
  );
}

function ending(onSelect: () => void): MenuItem {
  return {
    id: 'close-room',
    label: strings.closeRoom,
    icon: <LeaveIcon size={18} />,
    danger: true,
    onSelect,
  };
}
