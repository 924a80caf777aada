// The tiles of a call, from what the conference knows: oneself first, then everybody in the order
// in which they came. Nobody's place depends on who speaks.

import type { ConferenceClient, RemoteParticipant, RemoteTrack } from '@parley/client';
import { strings } from '../strings.js';
import { qualityReason } from './quality.js';
import type { TileData } from './tile.js';

export interface TileContext {
  /** Sound only: no pictures of others are asked for. */
  audioOnly: boolean;
  mutedForMe: ReadonlySet<string>;
}

export function tilesOf(client: ConferenceClient, context: TileContext): TileData[] {
  const speaking = new Set(client.activeSpeakers.map((s) => s.participant));
  const hands = new Map(client.hands.map((hand, index) => [hand.participant, index + 1]));
  const tiles: TileData[] = [];
  const selfId = client.clientId ?? 'self';
  const selfName = nameOf(client);
  if (client.screenTrack) {
    tiles.push({
      id: 'self.screen',
      participantId: selfId,
      name: selfName,
      video: client.screenTrack,
      screen: true,
      self: true,
    });
  }
  tiles.push({
    id: selfId,
    participantId: selfId,
    name: selfName,
    video: client.cameraOn ? client.cameraTrack : null,
    self: true,
    muted: !client.microphoneOn,
    speaking: client.microphoneOn && speaking.has(selfId),
    hand: hands.get(selfId),
    quality: client.quality,
    reason: qualityReason(client.qualityDetail),
  });
  for (const participant of client.participants.values()) {
    const screen = participant.track('screen');
    if (screen) tiles.push(screenTile(client, participant, screen));
    tiles.push({
      ...personTile(client, participant, context),
      speaking: speaking.has(participant.id),
      hand: hands.get(participant.id),
    });
  }
  return tiles;
}

export function nameOf({ name }: { name: string }): string {
  return name.trim().slice(0, kMostOfName) || strings.unnamed;
}

function isSame(identity: string | undefined, name: string): boolean {
  return identity?.toLowerCase() === name.toLowerCase();
}

/** What others call themselves has no limit but the metadata's. */
const kMostOfName = 64;

function screenTile(
  client: ConferenceClient,
  participant: RemoteParticipant,
  screen: RemoteTrack,
): TileData {
  return {
    id: `${participant.id}.screen`,
    participantId: participant.id,
    name: nameOf(participant),
    // A shared screen is what the meeting is about: shown even where faces are not.
    video: screen.mediaTrack,
    screen: true,
    notice: noticeOf(screen),
    away: participant.reconnecting,
    ...viewOf(client, screen),
  };
}

function personTile(
  client: ConferenceClient,
  participant: RemoteParticipant,
  { audioOnly, mutedForMe }: TileContext,
): TileData {
  const camera = participant.track('camera');
  const microphone = participant.track('microphone');
  const shown = camera && !camera.muted && !audioOnly;
  const name = nameOf(participant);
  return {
    id: participant.id,
    participantId: participant.id,
    name,
    identity: isSame(participant.identity, name) ? undefined : participant.identity,
    video: shown ? camera.mediaTrack : null,
    muted: !microphone || microphone.muted,
    mutedForMe: mutedForMe.has(participant.id),
    quality: participant.quality,
    reason: qualityReason(participant.qualityDetail),
    notice: shown ? noticeOf(camera) : undefined,
    away: participant.reconnecting,
    ...viewOf(client, shown ? camera : undefined),
  };
}

function noticeOf(track: RemoteTrack): string | undefined {
  if (!track.supported) return strings.codecUnsupported;
  if (!track.paused || track.muted) return undefined;
  if (track.paused === 'too_many_tracks') return strings.pausedForRoom;
  return track.paused === 'last_n' ? strings.pausedUntilSpeaking : strings.pausedForBandwidth;
}

function viewOf(client: ConferenceClient, track: RemoteTrack | undefined): Partial<TileData> {
  if (!track) return {};
  return { observed: track.id, observe: (element) => client.observeView(track.id, element) };
}

/**
 * The videos that tiles on stage show. By person and source, not by track: during a move from mesh
 * to SFU a camera comes twice, and both must flow.
 */
export function shownVideos(
  client: ConferenceClient,
  seen: ReadonlyMap<string, unknown>,
  { audioOnly }: TileContext,
): Set<string> {
  const shown = new Set<string>();
  for (const { id, tracks } of client.participants.values()) {
    for (const track of tracks.values()) {
      const screen = track.source === 'screen';
      if (seen.has(screen ? `${id}.screen` : id) && (screen || !audioOnly)) shown.add(track.id);
    }
  }
  return shown;
}
