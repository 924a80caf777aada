// The call: the stage, controls below, and what stands beside it.

import { type ConferenceClient, ParleyError } from '@parley/client';
import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EffectChoice, Effects } from '../effects/effects.js';
import type { Preferences } from '../preferences.js';
import { strings } from '../strings.js';
import {
  ChatIcon,
  GridIcon,
  MicrophoneOffIcon,
  PinIcon,
  RemoveIcon,
  SoundIcon,
  SoundOffIcon,
  UnpinIcon,
} from '../ui/icons.js';
import type { MenuItem } from '../ui/menu.js';
import { type Blocked, blockedOf } from './allowed.js';
import { ConnectionBanner, Notice, Sound } from './banners.js';
import { Chat } from './chat.js';
import { CloseRoomDialog } from './close-room-dialog.js';
import { Controls, type PanelName } from './controls.js';
import { InviteButton, InviteDialog } from './invite.js';
import { followNotices } from './notices.js';
import { People } from './people.js';
import { useReactions } from './reactions.js';
import type { Action } from './shortcuts.js';
import { ShortcutsDialog } from './shortcuts-dialog.js';
import { SidePanel } from './side-panel.js';
import { Stage } from './stage.js';
import type { TileData } from './tile.js';
import { useClientEvents } from './use-client.js';
import { useDegradation } from './use-degradation.js';
import { useHappenings } from './use-happenings.js';
import { useShortcuts } from './use-shortcuts.js';
import { useStage } from './use-stage.js';

const kNoticeMs = 8000;

export function Room(props: {
  client: ConferenceClient;
  effects: Effects;
  room: string;
  preferences: Preferences;
  onPreferences: (preferences: Preferences) => void;
}) {
  const { client, preferences } = props;
  const [panel, setPanel] = useState<PanelName | null>(null);
  const [dialog, setDialog] = useState<'invite' | 'shortcuts' | 'close-room' | null>(null);
  const [reacting, setReacting] = useState(false);
  const [chatTo, setChatTo] = useState('');
  const [mutedForMe, setMutedForMe] = useState<ReadonlySet<string>>(new Set());
  const [notice, setNotice] = useNotice(client);
  const change = (part: Partial<Preferences>) => props.onPreferences({ ...preferences, ...part });
  useClientEvents(client, [
    'state',
    'participantJoined',
    'participantLeft',
    'participantUpdated',
    'trackAdded',
    'trackUpdated',
    'trackRemoved',
    'localChanged',
    'forceMuted',
    'activeSpeakers',
    'quality',
    'handsChanged',
    'metadataChanged',
  ]);
  const degradation = useDegradation(client);
  const audioOnly = degradation.audioOnly !== 'no';
  const stage = useStage(client, { audioOnly, mutedForMe }, preferences.view, (view) =>
    change({ view }),
  );
  const reactions = useReactions(client);
  const told = useHappenings(client, panel === 'chat');
  const unread = useUnread(client, panel === 'chat');
  const [busy, attempt] = useAttempt(setNotice);
  // The browser's picker may stay open for long: who is asked there can still be muted.
  const [choosingScreen, attemptScreen] = useAttempt(setNotice);
  useEffectFailures(props.effects, setNotice);
  const choose = (part: Partial<EffectChoice>) => {
    change(part);
    attempt(() => reopen(client, props.effects, preferences, part));
  };
  const blocked = blockedOf(client);
  /** Keys work where a button is disabled: then they say why nothing happens. */
  const unless = (source: keyof Blocked, action: () => void) => {
    const reason = blocked[source];
    if (reason) setNotice(new ParleyError('blocked', `${reason}.`, ''));
    else action();
  };
  const togglePanel = (name: PanelName) => setPanel(panel === name ? null : name);

  const actions: Record<Exclude<Action, 'talk'>, () => void> = {
    microphone: () =>
      unless('microphone', () => {
        const on = !client.microphoneOn;
        attempt(() => client.setMicrophone(on).then(() => change({ microphoneOn: on })));
      }),
    camera: () =>
      unless('camera', () => {
        const on = !client.cameraOn;
        if (on && audioOnly) degradation.choose(false);
        attempt(() => client.setCamera(on).then(() => change({ cameraOn: on })));
      }),
    screen: () =>
      unless('screen', () =>
        attemptScreen(() =>
          client.screenTrack ? client.stopScreenShare() : client.startScreenShare(),
        ),
      ),
    hand: () => client.setHandRaised(!client.handRaised),
    chat: () => togglePanel('chat'),
    people: () => togglePanel('people'),
    statistics: () => togglePanel('statistics'),
    view: stage.toggleView,
    reactions: () => setReacting(!reacting),
    invite: () => setDialog('invite'),
    previous: () => stage.turnTo(Math.max(0, stage.layout.page - 1)),
    next: () => stage.turnTo(Math.min(stage.layout.pages - 1, stage.layout.page + 1)),
    help: () => setDialog('shortcuts'),
  };
  const run = (action: Action) => action !== 'talk' && actions[action]();
  const talking = useRef(false);
  useShortcuts(preferences.shortcuts, run, (held) => {
    if (held ? client.microphoneOn : !talking.current) return;
    const talk = () => {
      talking.current = held;
      attempt(() => client.setMicrophone(held));
    };
    if (held) unless('microphone', talk);
    else talk();
  });

  const toggleMuted = (id: string) => {
    const next = new Set(mutedForMe);
    if (!next.delete(id)) next.add(id);
    setMutedForMe(next);
  };
  const menuFor = (tile: TileData): MenuItem[] => [
    stage.pinned === tile.id
      ? {
          id: 'unpin',
          label: strings.unpin,
          icon: <UnpinIcon size={18} />,
          onSelect: () => stage.pin(null),
        }
      : {
          id: 'pin',
          label: strings.pin,
          icon: <PinIcon size={18} />,
          onSelect: () => stage.pin(tile.id),
        },
    ...(tile.screen && !tile.self && stage.focus === tile.id
      ? [
          {
            id: 'grid',
            label: strings.toGrid,
            icon: <GridIcon size={18} />,
            onSelect: stage.toggleView,
          },
        ]
      : []),
    ...(tile.self || tile.screen ? [] : aboutOther(tile)),
  ];
  const aboutOther = (tile: TileData): MenuItem[] => [
    {
      id: 'mute-for-me',
      label: tile.mutedForMe ? strings.unmuteForMe : strings.muteForMe,
      icon: tile.mutedForMe ? <SoundIcon size={18} /> : <SoundOffIcon size={18} />,
      onSelect: () => toggleMuted(tile.id),
    },
    {
      id: 'private',
      label: strings.writePrivately,
      icon: <ChatIcon size={18} />,
      onSelect: () => {
        setChatTo(tile.id);
        setPanel('chat');
      },
    },
    ...(client.rights.admin ? moderation(client, tile) : []),
  ];

  const people = client.participants.size + 1;
  const alone = people === 1;
  return (
    <div
      class={panel ? 'room with-panel' : 'room'}
      data-view={stage.focus === null ? 'grid' : 'focus'}
    >
      <ConnectionBanner
        reconnecting={client.state === 'reconnecting'}
        audioOnly={degradation.audioOnly}
        sharing={client.screenTrack !== null}
        line={told.line}
        onVideo={() => degradation.choose(false)}
        onStopSharing={() => run('screen')}
      />
      <main class={alone ? 'stage-place alone' : 'stage-place'}>
        <Stage
          tiles={stage.tiles}
          layout={stage.layout}
          pinned={stage.pinned}
          menuFor={menuFor}
          reactions={reactions}
          onPage={stage.turnTo}
          stageRef={stage.stageRef}
          size={stage.size}
        />
        {alone && (
          <div class="alone-note">
            <p>
              <strong>{strings.alone}</strong> {strings.aloneHint}
            </p>
            <InviteButton room={props.room} />
          </div>
        )}
      </main>
      <p class="hidden" role="status" data-told>
        {told.spoken}
      </p>
      <Notice error={notice} />
      <Sound
        client={client}
        speakerId={preferences.speakerId}
        mutedForMe={mutedForMe}
        onSinkFailed={() => preferences.speakerId && change({ speakerId: '' })}
      />
      <Controls
        client={client}
        room={props.room}
        preferences={preferences}
        onPreferences={props.onPreferences}
        panel={panel}
        unread={unread}
        people={people}
        inGrid={stage.focus === null}
        audioOnly={audioOnly}
        blocked={blocked}
        busy={busy}
        choosingScreen={choosingScreen}
        reacting={reacting}
        onReacting={setReacting}
        onAudioOnly={degradation.choose}
        onEffects={choose}
        run={run}
        onCloseRoom={() => setDialog('close-room')}
        onProblem={setNotice}
      />
      {panel && (
        <SidePanel name={panel} title={strings[panel]} onClose={() => setPanel(null)}>
          {panel === 'chat' && <Chat client={client} to={chatTo} onTo={setChatTo} />}
          {panel === 'people' && (
            <People client={client} room={props.room} tiles={stage.tiles} menuFor={menuFor} />
          )}
          {panel === 'statistics' && <Statistics client={client} />}
        </SidePanel>
      )}
      {dialog === 'invite' && <InviteDialog room={props.room} onClose={() => setDialog(null)} />}
      {dialog === 'close-room' && (
        <CloseRoomDialog
          onConfirm={(reason) => client.closeRoom(reason)}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === 'shortcuts' && (
        <ShortcutsDialog
          enabled={preferences.shortcuts}
          onEnabled={(shortcuts) => change({ shortcuts })}
          onClose={() => setDialog(null)}
        />
      )}
    </div>
  );
}

function moderation(client: ConferenceClient, tile: TileData): MenuItem[] {
  const items: MenuItem[] = [
    {
      id: 'remove',
      label: strings.removePerson,
      icon: <RemoveIcon size={18} />,
      danger: true,
      onSelect: () => client.removeParticipant(tile.id),
    },
  ];
  if (client.topology === 'sfu') {
    items.unshift({
      id: 'mute-for-all',
      label: tile.muted ? strings.allowToSpeak : strings.muteForAll,
      icon: <MicrophoneOffIcon size={18} />,
      onSelect: () => client.muteParticipant(tile.id, !tile.muted),
    });
  }
  return items;
}

/** The graphs are large: they come when somebody looks at them. */
function Statistics({ client }: { client: ConferenceClient }) {
  const [Panel, setPanel] = useState<ComponentType<{ client: ConferenceClient }> | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    import('../statistics/panel.js').then(
      ({ StatsPanel }) => setPanel(() => StatsPanel),
      () => setFailed(true),
    );
  }, []);
  if (failed) return <p class="soft">{strings.stats.failed}</p>;
  return Panel ? <Panel client={client} /> : <p class="soft">{strings.stats.waiting}</p>;
}

function useNotice(client: ConferenceClient) {
  const [notice, setNotice] = useState<ParleyError | null>(null);
  useEffect(() => followNotices(client, setNotice), [client]);
  useEffect(() => {
    if (!notice) return;
    const timer = setTimeout(() => setNotice(null), kNoticeMs);
    return () => clearTimeout(timer);
  }, [notice]);
  return [notice, setNotice] as const;
}

/** Takes the choice over; a device whose way changes is opened anew, if it is in use. */
async function reopen(
  client: ConferenceClient,
  effects: Effects,
  { cameraId, microphoneId }: Preferences,
  choice: Partial<EffectChoice>,
): Promise<void> {
  for (const kind of await effects.choose(choice)) {
    const used = kind === 'video' ? client.cameraOn : client.microphoneTrack !== null;
    if (used) await client.setDevice(kind, kind === 'video' ? cameraId : microphoneId);
  }
}

function useEffectFailures(effects: Effects, onProblem: (error: ParleyError) => void): void {
  useEffect(() => {
    effects.onFailed = (_kind, reason) =>
      onProblem(new ParleyError('effect_failed', strings.effectFailed, reason));
    return () => {
      effects.onFailed = () => {};
    };
  }, [effects]);
}

function useUnread(client: ConferenceClient, open: boolean): number {
  const [unread, setUnread] = useState(0);
  useEffect(() => {
    if (open) setUnread(0);
    return client.on('chat', ({ own }) => {
      if (!own && !open) setUnread((n) => n + 1);
    });
  }, [client, open]);
  return unread;
}

function useAttempt(onProblem: (error: ParleyError) => void) {
  const [busy, setBusy] = useState(false);
  const attempt = (action: () => Promise<void>) => {
    setBusy(true);
    action()
      .catch((thrown: unknown) => {
        if (!(thrown instanceof ParleyError)) throw thrown;
        // Closing the browser's own picker is a choice, not a problem.
        if (thrown.code !== 'permission_denied') onProblem(thrown);
      })
      .finally(() => setBusy(false));
  };
  return [busy, attempt] as const;
}
