// The others in the room: participants, their tracks, and which arriving media belongs to which.

import { handOf } from './hands.js';
import type {
  ParticipantDescription,
  ParticipantQuality,
  TrackDescription,
  TrackMapping,
  TrackSource,
} from './protocol.js';
import type { LayerWish } from './simulcast.js';
import type { Quality } from './stats.js';

export class RemoteTrack {
  kind: 'audio' | 'video';
  source: TrackSource;
  /** By its owner or by a moderator. */
  muted: boolean;
  simulcast: boolean;
  codec: string;
  /** False when this browser cannot decode what the other sends. */
  supported = true;
  /** What to play; null until it arrives. */
  mediaTrack: MediaStreamTrack | null = null;
  /** What this page asked for. */
  wish: LayerWish = 'auto';
  /** How important it is to this page, 0 to 100; undefined: as the server has it. */
  priority: number | undefined;
  /** The layer that the server sends and why, once it has said so. */
  layer: { sent: string; reason: string; spatial?: number; temporal?: number } | null = null;
  /** Why the server sends nothing of it for now (`bandwidth`, `last_n`, `too_many_tracks`); null while it does. */
  paused: string | null = null;

  constructor(
    readonly id: string,
    readonly participantId: string,
    description: Pick<TrackDescription, 'kind' | 'source' | 'codec' | 'simulcast'> & {
      muted: boolean;
    },
  ) {
    this.kind = description.kind;
    this.source = sourceOf(description);
    this.codec = description.codec;
    this.simulcast = description.simulcast;
    this.muted = description.muted;
  }

  /** Whether media flows: the browser unmutes a remote track with its first packet. */
  get live(): boolean {
    const track = this.mediaTrack;
    return track !== null && track.readyState === 'live' && !track.muted;
  }

  /** @internal */
  update(description: TrackDescription): void {
    this.kind = description.kind;
    this.source = sourceOf(description);
    this.codec = description.codec;
    this.simulcast = description.simulcast;
    this.muted = description.muted || description.forceMuted;
  }
}

export class RemoteParticipant {
  /** The token's, else what the participant says, else the identity. Empty where there is none of them. */
  name = '';
  /** Whom the token is for. */
  identity: string | undefined;
  metadata: Record<string, unknown> = {};
  /** The other's own connection to the server dropped and may come back. */
  reconnecting = false;
  quality: Quality | undefined;
  /** The figures behind the quality, where the server has told them. */
  qualityDetail: ParticipantQuality | undefined;
  /** By track id. During a move from mesh to SFU the same camera may stand here twice. */
  readonly tracks = new Map<string, RemoteTrack>();

  constructor(readonly id: string) {}

  /** The track of a source; of two, the one whose media flows. */
  track(source: TrackSource): RemoteTrack | undefined {
    const found = [...this.tracks.values()].filter((t) => t.source === source);
    return found.find((t) => t.live) ?? found.find((t) => t.mediaTrack) ?? found[0];
  }

  /** When this participant raised a hand, in milliseconds since 1970; null: not raised. */
  get handRaisedAt(): number | null {
    return handOf(this.metadata);
  }

  /** @internal */
  update(description: Omit<ParticipantDescription, 'tracks'>): void {
    this.metadata = description.metadata;
    this.identity = description.identity;
    this.name = nameOf(description);
    this.reconnecting = description.connection === 'reconnecting';
    this.quality = description.quality ?? this.quality;
  }
}

function nameOf({ name, metadata, identity }: Omit<ParticipantDescription, 'tracks'>): string {
  const names = [name, metadata.name, identity];
  return names.find((n): n is string => typeof n === 'string' && n.trim() !== '') ?? '';
}

// Simple clients do not say what they send: then it is a camera or a microphone.
function sourceOf({ source, kind }: Pick<TrackDescription, 'source' | 'kind'>): TrackSource {
  if (source !== 'unknown') return source;
  return kind === 'audio' ? 'microphone' : 'camera';
}

export interface RosterListener {
  participantJoined(participant: RemoteParticipant): void;
  participantLeft(participant: RemoteParticipant): void;
  participantUpdated(participant: RemoteParticipant): void;
  trackAdded(participant: RemoteParticipant, track: RemoteTrack): void;
  trackUpdated(participant: RemoteParticipant, track: RemoteTrack): void;
  trackRemoved(participant: RemoteParticipant, track: RemoteTrack): void;
}

/** Keeps participants and tracks as the server tells them, and joins arriving media to them. */
export class Roster {
  readonly participants = new Map<string, RemoteParticipant>();
  private mapping_ = new Map<string, TrackMapping>();
  private readonly media_ = new Map<string, MediaStreamTrack>();
  private readonly unsupported_ = new Set<string>();

  constructor(
    private readonly listener_: RosterListener,
    private readonly self_: () => string | null,
  ) {}

  /** The whole room at once: who is no longer listed has gone. */
  replaceAll(descriptions: ParticipantDescription[]): void {
    const listed = new Set(descriptions.map((d) => d.id));
    for (const id of [...this.participants.keys()]) {
      if (!listed.has(id)) this.removeParticipant(id);
    }
    for (const description of descriptions) this.putParticipant(description);
  }

  putParticipant(description: ParticipantDescription): RemoteParticipant | null {
    if (description.id === this.self_()) return null;
    let participant = this.participants.get(description.id);
    if (participant) {
      participant.update(description);
      this.listener_.participantUpdated(participant);
    } else {
      participant = new RemoteParticipant(description.id);
      participant.update(description);
      this.participants.set(description.id, participant);
      this.listener_.participantJoined(participant);
    }
    for (const track of description.tracks) this.putTrack(track);
    return participant;
  }

  removeParticipant(id: string): void {
    const participant = this.participants.get(id);
    if (!participant) return;
    for (const track of [...participant.tracks.keys()]) this.removeTrack(track);
    this.participants.delete(id);
    this.listener_.participantLeft(participant);
  }

  putTrack(description: TrackDescription): void {
    const participant = this.participants.get(description.participant);
    if (!participant) return;
    const known = participant.tracks.get(description.id);
    if (known) {
      known.update(description);
      this.listener_.trackUpdated(participant, known);
      return;
    }
    const muted = description.muted || description.forceMuted;
    const track = new RemoteTrack(description.id, participant.id, { ...description, muted });
    track.supported = !this.unsupported_.has(track.id);
    participant.tracks.set(track.id, track);
    this.listener_.trackAdded(participant, track);
    this.bind_();
  }

  /** A track whose media is known already, as in a mesh. */
  putMedia(description: TrackDescription, media: MediaStreamTrack): void {
    this.putTrack(description);
    const found = this.find(description.id);
    if (!found || found.track.mediaTrack === media) return;
    found.track.mediaTrack = media;
    this.listener_.trackUpdated(found.participant, found.track);
  }

  removeTrack(id: string): void {
    const found = this.find(id);
    if (!found) return;
    found.participant.tracks.delete(id);
    this.unsupported_.delete(id);
    this.listener_.trackRemoved(found.participant, found.track);
  }

  setSupported(id: string, supported: boolean): void {
    if (supported) this.unsupported_.delete(id);
    else this.unsupported_.add(id);
    const found = this.find(id);
    if (!found || found.track.supported === supported) return;
    found.track.supported = supported;
    this.listener_.trackUpdated(found.participant, found.track);
  }

  /** The server's list of which section carries whose track; complete by itself. */
  setMapping(mapping: TrackMapping[]): void {
    this.mapping_ = new Map(mapping.map((m) => [m.mid, m]));
    this.bind_();
  }

  mediaArrived(mid: string, media: MediaStreamTrack): void {
    this.media_.set(mid, media);
    this.bind_();
  }

  mediaEnded(mid: string): void {
    this.media_.delete(mid);
    this.bind_();
  }

  /** All sections of the connection are gone with it. */
  dropMedia(): void {
    this.mapping_.clear();
    this.media_.clear();
  }

  find(trackId: string): { participant: RemoteParticipant; track: RemoteTrack } | undefined {
    for (const participant of this.participants.values()) {
      const track = participant.tracks.get(trackId);
      if (track) return { participant, track };
    }
    return undefined;
  }

  findByMid(mid: string): { participant: RemoteParticipant; track: RemoteTrack } | undefined {
    const mapped = this.mapping_.get(mid);
    return mapped && this.find(mapped.track);
  }

  private bind_(): void {
    for (const [mid, { track: id }] of this.mapping_) {
      const found = this.find(id);
      const media = this.media_.get(mid) ?? null;
      if (!found || found.track.mediaTrack === media) continue;
      found.track.mediaTrack = media;
      this.listener_.trackUpdated(found.participant, found.track);
    }
  }
}
