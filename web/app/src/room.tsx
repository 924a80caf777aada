// The call: a grid of people, controls below, figures at the side.

import type { ConferenceClient, ParleyError, RemoteParticipant, RemoteTrack } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { Controls } from './controls.js';
import { fitGrid } from './grid.js';
import { PeopleIcon } from './icons.js';
import { AudioView } from './media-element.js';
import type { Preferences } from './preferences.js';
import { StatsPanel } from './stats-panel.js';
import { strings } from './strings.js';
import { Tile, type TileProps } from './tile.js';
import { useClientEvents } from './use-client.js';
import { useSize } from './use-size.js';

const kGap = 10;

export function Room(props: {
  client: ConferenceClient;
  room: string;
  preferences: Preferences;
  onPreferences: (preferences: Preferences) => void;
}) {
  const { client } = props;
  const [panelOpen, setPanelOpen] = useState(false);
  const [notice, setNotice] = useState<ParleyError | null>(null);
  useClientEvents(client, [
    'state',
    'participantJoined',
    'participantLeft',
    'participantUpdated',
    'trackAdded',
    'trackUpdated',
    'trackRemoved',
    'localChanged',
    'activeSpeakers',
    'quality',
  ]);
  useEffect(() => client.on('error', setNotice), [client]);
  useEffect(() => {
    if (!notice) return;
    const timer = setTimeout(() => setNotice(null), 8000);
    return () => clearTimeout(timer);
  }, [notice]);

  const tiles = tilesOf(client);
  const people = client.participants.size + 1;
  return (
    <div class={panelOpen ? 'room with-panel' : 'room'}>
      <header class="topbar">
        <img src="./icon.svg" alt="" width="26" height="26" />
        <h1>{props.room}</h1>
        <span class="count" title={strings.people(people)}>
          <PeopleIcon size={18} /> <span data-count>{people}</span>
        </span>
      </header>
      <Banner reconnecting={client.state === 'reconnecting'} />
      <Stage tiles={tiles} alone={people === 1} />
      {notice && (
        <div class="toast" role="alert">
          <strong>{notice.message}</strong> {notice.remedy}
        </div>
      )}
      <Sound client={client} speakerId={props.preferences.speakerId} />
      <Controls
        client={client}
        room={props.room}
        preferences={props.preferences}
        onPreferences={props.onPreferences}
        panelOpen={panelOpen}
        onPanel={() => setPanelOpen((open) => !open)}
        onProblem={setNotice}
      />
      {panelOpen && <StatsPanel client={client} onClose={() => setPanelOpen(false)} />}
    </div>
  );
}

function tilesOf(client: ConferenceClient): TileProps[] {
  const speakers = new Set(client.activeSpeakers.map((s) => s.participant));
  const tiles: TileProps[] = [];
  for (const participant of client.participants.values()) {
    const screen = participant.track('screen');
    if (screen) {
      tiles.push({
        id: `${participant.id}.screen`,
        name: nameOf(participant),
        video: screen.mediaTrack,
        screen: true,
        notice: noticeOf(screen),
        ...viewOf(client, screen),
      });
    }
    tiles.push(personTile(client, participant, speakers.has(participant.id)));
  }
  if (client.screenTrack) {
    const name = client.name;
    tiles.unshift({ id: 'self.screen', name, video: client.screenTrack, screen: true, self: true });
  }
  tiles.push({
    id: client.clientId ?? 'self',
    name: client.name,
    video: client.cameraOn ? client.cameraTrack : null,
    self: true,
    muted: !client.microphoneOn,
    speaking: client.clientId !== null && speakers.has(client.clientId),
    quality: client.quality,
  });
  return tiles;
}

function noticeOf(track: RemoteTrack | undefined): string | undefined {
  if (!track) return undefined;
  if (!track.supported) return strings.codecUnsupported;
  return track.paused && !track.muted ? strings.pausedForBandwidth : undefined;
}

function viewOf(client: ConferenceClient, track: RemoteTrack | undefined): Partial<TileProps> {
  if (!track) return {};
  return {
    observed: track.id,
    observe: (element) => client.observeView(track.id, element),
  };
}

function personTile(
  client: ConferenceClient,
  participant: RemoteParticipant,
  speaking: boolean,
): TileProps {
  const camera = participant.track('camera');
  const microphone = participant.track('microphone');
  return {
    id: participant.id,
    name: nameOf(participant),
    video: camera && !camera.muted ? camera.mediaTrack : null,
    muted: !microphone || microphone.muted,
    speaking,
    quality: participant.quality,
    notice: noticeOf(camera),
    ...viewOf(client, camera),
  };
}

function nameOf(participant: RemoteParticipant): string {
  return participant.name || strings.unnamed;
}

function Stage({ tiles, alone }: { tiles: TileProps[]; alone: boolean }) {
  const [stage, size] = useSize<HTMLDivElement>();
  const screens = tiles.filter((t) => t.screen);
  const people = tiles.filter((t) => !t.screen);
  if (screens.length > 0) {
    return (
      <div class="stage presenting" ref={stage}>
        <div class="screens">
          {screens.map((tile) => (
            <Tile key={tile.id} {...tile} />
          ))}
        </div>
        <div class="strip">
          {people.map((tile) => (
            <Tile key={tile.id} {...tile} />
          ))}
        </div>
      </div>
    );
  }
  const shape = fitGrid(people.length, size.width, size.height - (alone ? 72 : 0), kGap);
  const style = `width:${Math.floor(shape.tileWidth)}px;height:${Math.floor(shape.tileHeight)}px`;
  return (
    <div class="stage" ref={stage} style={`gap:${kGap}px`}>
      {people.map((tile) => (
        <Tile key={tile.id} {...tile} style={style} />
      ))}
      {alone && (
        <p class="alone">
          <strong>{strings.alone}</strong> {strings.aloneHint}
        </p>
      )}
    </div>
  );
}

function Banner({ reconnecting }: { reconnecting: boolean }) {
  const [wasAway, setWasAway] = useState(false);
  useEffect(() => {
    if (reconnecting) {
      setWasAway(true);
      return;
    }
    if (!wasAway) return;
    const timer = setTimeout(() => setWasAway(false), 2500);
    return () => clearTimeout(timer);
  }, [reconnecting, wasAway]);
  return (
    <div class="banner-place" aria-live="polite">
      {reconnecting && <p class="banner">{strings.reconnecting}</p>}
      {!reconnecting && wasAway && <p class="banner back">{strings.backOnline}</p>}
    </div>
  );
}

function Sound({ client, speakerId }: { client: ConferenceClient; speakerId: string }) {
  const [blocked, setBlocked] = useState(false);
  useEffect(() => {
    const onBlocked = () => setBlocked(true);
    document.addEventListener('parley-play-blocked', onBlocked);
    return () => document.removeEventListener('parley-play-blocked', onBlocked);
  }, []);
  // One track for each source: during a move from mesh to SFU the same voice comes twice.
  const voices = [...client.participants.values()].flatMap((participant) =>
    (['microphone', 'screen-audio'] as const).flatMap((source) => {
      const media = participant.track(source)?.mediaTrack;
      return media ? [{ key: `${participant.id} ${source}`, media }] : [];
    }),
  );
  const playAll = () => {
    for (const element of document.querySelectorAll('audio')) void element.play();
    setBlocked(false);
  };
  return (
    <div class="sound">
      {voices.map(({ key, media }) => (
        <AudioView key={key} track={media} speakerId={speakerId} />
      ))}
      {blocked && (
        <p class="toast" role="alert">
          {strings.needsClick}{' '}
          <button type="button" class="quiet" onClick={playAll}>
            {strings.playSound}
          </button>
        </p>
      )}
    </div>
  );
}
