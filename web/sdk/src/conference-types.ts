// What a page gives to a ConferenceClient and hears from it.

import type { BackgroundState } from './background.js';
import type { BatteryState } from './battery.js';
import type { ChatMessage, Reaction } from './chat.js';
import type { ConferenceClient } from './conference.js';
import type { DeviceChange } from './devices.js';
import type { ParleyError } from './errors.js';
import type { RaisedHand } from './hands.js';
import type { DeviceLoss } from './local.js';
import type { CaptureWish } from './media.js';
import type { Platform } from './platform.js';
import type { PlaybackState } from './playback.js';
import type { Metadata, TopologyKind } from './protocol.js';
import type { RemoteParticipant, RemoteTrack } from './remote.js';
import type { RoomDataMessage } from './room-data.js';
import type { LayerWish } from './simulcast.js';
import type { SimulcastOptions } from './simulcast-manager.js';
import type { Quality, StatsSample } from './stats.js';
import type { SurroundingsOptions } from './surroundings.js';

export type ConferenceState = 'idle' | 'joining' | 'joined' | 'reconnecting' | 'ended';

export interface Speaker {
  participant: string;
  /** 0 (silent) to 1 (loudest). */
  level: number;
}

export interface ConferenceEvents {
  state: ConferenceState;
  participantJoined: RemoteParticipant;
  participantLeft: RemoteParticipant;
  participantUpdated: RemoteParticipant;
  trackAdded: { participant: RemoteParticipant; track: RemoteTrack };
  /** Its media arrived or went, or it was muted, or another layer is sent. */
  trackUpdated: { participant: RemoteParticipant; track: RemoteTrack };
  trackRemoved: { participant: RemoteParticipant; track: RemoteTrack };
  /** The server sends nothing of it for now: `bandwidth` when the network here is too slow. */
  trackPaused: { participant: RemoteParticipant; track: RemoteTrack; reason: string };
  trackResumed: { participant: RemoteParticipant; track: RemoteTrack };
  /** Own camera, microphone or screen changed. */
  localChanged: undefined;
  /** A moderator muted the own microphone for all, or lifted that. */
  forceMuted: boolean;
  activeSpeakers: Speaker[];
  quality: Quality;
  stats: StatsSample;
  topology: TopologyKind;
  /** A message that another participant sent with broadcast() or direct(). */
  message: { from: string; direct: boolean; body: Record<string, unknown> };
  /** Something arrived over a channel that another participant made with createDataChannel(). */
  data: RoomDataMessage;
  /** Somebody wrote, this client included. */
  chat: ChatMessage;
  reaction: Reaction;
  /** Who has a hand raised, in order, this client included. */
  handsChanged: RaisedHand[];
  /** Own name or other metadata changed. */
  metadataChanged: Metadata;
  /** Devices were plugged in or pulled out. */
  devicesChanged: DeviceChange;
  /** A device in use went away; the call goes on with another one, or without. */
  deviceLost: DeviceLoss;
  /** Sound waits for the person to touch the page, or no longer does; of elements given to play(). */
  playback: PlaybackState;
  /** The page went to the background or came back. */
  background: BackgroundState;
  /** The battery is low, and the camera is sent smaller; or it charges again. */
  battery: BatteryState;
  /** Something failed that does not end the call. */
  error: ParleyError;
  /** The call is over; null when leave() ended it. */
  ended: { error: ParleyError | null };
}

/** What encrypts a client's media; `EndToEndEncryption` of `@parley/client/e2ee` does. */
export interface MediaEncryption {
  /** Once, by the client: its connections are to be made by the platform returned. */
  attach(client: ConferenceClient, platform: Platform): Platform;
}

export interface ConferenceOptions extends SurroundingsOptions {
  /** The server's signaling address; by default `/signal` of the server that the page came from. */
  url?: string;
  /** Wanted when this is the room's first join: `sfu`, `mesh` or `auto`. */
  topology?: string | undefined;
  /** How the camera is sent through the server. */
  video?: SimulcastOptions;
  platform?: Platform;
  /** Media that only the participants can decode. */
  encryption?: MediaEncryption | null | undefined;
}

export interface JoinOptions {
  name?: string;
  token?: string | undefined;
  metadata?: Record<string, unknown>;
  /** What to capture; `false` captures nothing. Ignored when `stream` is given. */
  capture?: CaptureWish | false;
  /**
   * A stream that the page captured itself; it is the client's to stop once the room is entered, and
   * stays the page's when it is not. Devices that the token gives no right to publish are closed.
   */
  stream?: MediaStream | null;
  cameraOn?: boolean;
  microphoneOn?: boolean;
  /** Layer wanted of every video until setLayer says otherwise. */
  layer?: LayerWish | undefined;
}

/** How parts of a client tell its listeners. */
export type Tell = <K extends keyof ConferenceEvents>(
  event: K,
  payload: ConferenceEvents[K],
) => void;
