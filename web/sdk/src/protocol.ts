// The signaling messages as TypeScript types. The shapes come from schema/ at the repository's root;
// test/protocol.test.ts checks that samples of these types pass those schemas.

import type { LayerWish } from './simulcast.js';
import type { Quality } from './stats.js';

export type TopologyKind = 'sfu' | 'mesh';
export type TrackSource = 'unknown' | 'microphone' | 'camera' | 'screen' | 'screen-audio';
export type Metadata = Record<string, unknown>;

export interface Description<T extends 'offer' | 'answer'> {
  type: T;
  sdp: string;
}

export interface TrackDescription {
  id: string;
  participant: string;
  mid: string;
  kind: 'audio' | 'video';
  source: TrackSource;
  codec: string;
  muted: boolean;
  forceMuted: boolean;
  simulcast: boolean;
}

export interface ParticipantDescription {
  id: string;
  metadata: Metadata;
  identity?: string;
  name?: string;
  connection: 'connected' | 'reconnecting';
  quality?: Quality;
  tracks: TrackDescription[];
}

export interface TrackMapping {
  mid: string;
  participant: string;
  track: string;
}

export interface PeerDescription {
  id: string;
  metadata: Metadata;
}

export interface Rights {
  publish: boolean;
  subscribe: boolean;
  admin: boolean;
}

export interface IceServer {
  urls: string[];
  username?: string;
  credential?: string;
}

// ---- client to server -----------------------------------------------------------------------

export interface JoinMessage {
  type: 'join';
  room: string;
  metadata?: Metadata;
  topology?: 'sfu' | 'mesh' | 'auto';
  capabilities?: { topology?: string[]; resume?: boolean };
}

/** What this client wants of a video of another. */
export interface TrackWish {
  layer: LayerWish;
  /** How large it is shown, in pixels of the screen. */
  width?: number;
  height?: number;
  /** 0 to 100, larger is more important; without it 50, and 75 for a screen. */
  priority?: number;
}

/** Messages that belong to a joined session; they are numbered so that none is lost on resume. */
export type SessionMessage =
  | { type: 'offer'; to?: string; sdp: Description<'offer'> }
  | { type: 'answer'; to?: string; sdp: Description<'answer'> }
  | { type: 'ice-candidate'; to?: string; candidate: RTCIceCandidateInit | null }
  | { type: 'describe-track'; mid: string; source?: TrackSource; muted?: boolean }
  | ({ type: 'layer-wish'; track: string } & TrackWish)
  /** How many cameras it wants at most, of those who spoke last; without a count: no limit. */
  | { type: 'video-limit'; count?: number }
  | { type: 'set-metadata'; metadata: Metadata }
  | { type: 'mesh-connected' }
  | { type: 'mesh-failed'; reason?: string }
  | { type: 'mute-participant'; clientId: string; track?: string; muted?: boolean }
  | { type: 'remove-participant'; clientId: string; reason?: string }
  | { type: 'close-room'; reason?: string }
  | ({ type: 'broadcast' } & Record<string, unknown>)
  | ({ type: 'direct'; to: string } & Record<string, unknown>)
  | { type: 'leave' };

export interface ResumeMessage {
  type: 'resume';
  token: string;
  lastSeq?: number;
}

export interface PingMessage {
  type: 'ping';
  timestamp?: number;
  lastSeq?: number;
}

export type ClientMessage = JoinMessage | SessionMessage | ResumeMessage | PingMessage;

// ---- server to client -----------------------------------------------------------------------

export interface WelcomeMessage {
  type: 'welcome';
  clientId: string;
  resumeToken: string;
  resumeWindowMs?: number;
  iceServers: IceServer[];
  protocol: number;
  heartbeatMs?: number;
  messageBytes?: number;
}

export interface JoinedMessage {
  type: 'joined';
  room: string;
  clientId: string;
  peers: PeerDescription[];
  topology?: TopologyKind;
  participants?: ParticipantDescription[];
  rights?: Rights;
  iceServers?: IceServer[];
  metadata?: Metadata;
  forceMuted?: boolean;
  resumable?: boolean;
  seq?: number;
}

export interface ResumedMessage {
  type: 'resumed';
  clientId: string;
  resumeToken: string;
  room?: string;
  lastSeq: number;
  missed?: number;
  iceServers?: IceServer[];
}

export interface ErrorMessage {
  type: 'error';
  message: string;
  code: string;
  cause: string;
  remedy: string;
  field?: string;
  targetId?: string;
  inReplyTo?: string;
  replySeq?: number;
  seq?: number;
}

export interface SubscriptionLayer {
  track: string;
  wanted: LayerWish;
  sent: string;
  reason: string;
  spatial?: number;
  temporal?: number;
  paused?: boolean;
}

/** A layer of an own video, and whether somebody watches it. */
export interface WatchedLayer {
  rid: string;
  active: boolean;
}

export interface ParticipantQuality {
  id: string;
  quality: Quality;
  rttMs?: number;
  lossUp?: number;
  lossDown?: number;
}

/** What arrives within a joined session. */
export type RoomMessage =
  | { type: 'offer'; from: string; sdp: Description<'offer'>; tracks?: TrackMapping[] }
  | { type: 'answer'; from: string; sdp: Description<'answer'>; tracks?: TrackMapping[] }
  | { type: 'ice-candidate'; from: string; candidate: RTCIceCandidateInit | null }
  | { type: 'peer-joined'; clientId: string; metadata: Metadata }
  | { type: 'peer-left'; clientId: string }
  | { type: 'participant-joined'; participant: ParticipantDescription }
  | { type: 'participant-changed'; participant: ParticipantDescription }
  | { type: 'participant-left'; clientId: string; reason: string }
  | { type: 'track-published'; track: TrackDescription }
  | { type: 'track-changed'; track: TrackDescription }
  | { type: 'track-unpublished'; track: string; participant: string }
  | { type: 'active-speakers'; speakers: { id: string; level: number }[] }
  | { type: 'connection-quality'; participants: ParticipantQuality[] }
  | { type: 'subscription-layers'; subscriptions: SubscriptionLayer[] }
  | {
      type: 'subscription-status';
      track: string;
      status: 'active' | 'paused' | 'codec_unsupported';
      codec: string;
      reason?: string;
    }
  | { type: 'track-layers'; track: string; mid: string; layers: WatchedLayer[] }
  | { type: 'media-state'; state: string; reason?: string }
  | { type: 'topology'; topology: TopologyKind; peers: PeerDescription[]; reason?: string }
  | { type: 'removed'; reason: string }
  | { type: 'room-closed'; reason: string }
  | { type: 'server-shutdown'; reason: string; deadlineMs: number }
  | ({ type: 'broadcast'; from: string } & Record<string, unknown>)
  | ({ type: 'direct'; from: string } & Record<string, unknown>);

export type ServerMessage =
  | WelcomeMessage
  | JoinedMessage
  | ResumedMessage
  | ErrorMessage
  | { type: 'pong'; timestamp?: number }
  | RoomMessage;

/** WebSocket close codes of Parley (docs/signaling.md). */
export const CloseCode = {
  normal: 1000,
  policy: 1008,
  replaced: 4000,
  heartbeat: 4001,
  removed: 4002,
  roomClosed: 4003,
} as const;

/** A parsed message, or null for what is not one. Unknown types pass: newer servers may add some. */
export function parseServerMessage(data: unknown): (ServerMessage & { seq?: number }) | null {
  if (typeof data !== 'string') return null;
  try {
    const value: unknown = JSON.parse(data);
    const isMessage = typeof value === 'object' && value !== null && 'type' in value;
    return isMessage && typeof value.type === 'string' ? (value as ServerMessage) : null;
  } catch {
    return null;
  }
}
