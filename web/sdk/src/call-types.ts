// What a page gives to a WebRTCConnection and hears from it.

import type { CallSignal, CallSignaling, MediaState } from './call-signaling.js';
import type { CallStats } from './call-stats.js';
import type { BandwidthWishes, CodecWishes } from './codecs.js';
import type { DataChannel, DataChannelOptions } from './data-channel.js';
import type { DecodedData } from './data-codec.js';
import type { DeviceChange } from './devices.js';
import type { ParleyError } from './errors.js';
import type { DeviceLoss } from './local.js';
import type { CaptureWish } from './media.js';
import type { Platform } from './platform.js';
import type { PlaybackState } from './playback.js';
import type { QualityJudgement } from './stats.js';

export type CallState =
  | 'new'
  /** Camera, microphone and signaling are being opened. */
  | 'starting'
  /** The other side is not there (any more). */
  | 'waiting'
  | 'connecting'
  | 'connected'
  /** The path is broken; it is being looked for anew. */
  | 'interrupted'
  /** Nothing helped: a new connection is being made. */
  | 'reconnecting'
  | 'failed'
  | 'closed';

export interface WebRTCConnectionEvents {
  state: CallState;
  /** Own camera, microphone or screen changed. */
  localChanged: undefined;
  /** The other's media, always the same stream: set it as `srcObject` once. */
  remoteStream: MediaStream;
  /** What the other side says that it sends. */
  remoteMedia: MediaState;
  /** The other side opened a data channel. */
  dataChannel: DataChannel;
  dataChannelOpen: undefined;
  /** Something arrived on the default data channel. */
  message: DecodedData;
  stats: CallStats;
  /** The quality changed, and why. */
  quality: QualityJudgement;
  devicesChanged: DeviceChange;
  /** A device in use went away; the call goes on with another one, or without. */
  deviceLost: DeviceLoss;
  /** Whether signals get through at present; the call goes on meanwhile. */
  reachable: boolean;
  /** To be carried to the other side's handleSignal, where no signaling was given. */
  signal: CallSignal;
  /** Sound waits for the person to touch the page, or no longer does; of elements given to play(). */
  playback: PlaybackState;
  /** Something failed that does not end the call. */
  error: ParleyError;
  closed: { error: ParleyError | null };
}

export interface WebRTCConnectionConfig extends RTCConfiguration {
  /** A room of a Parley server to meet in. */
  room?: string;
  /** The server's signaling address; by default `/signal` of the server that the page came from. */
  url?: string;
  token?: string | undefined;
  name?: string;
  /** Own signaling instead; without room and signaling, `signal` events are to be carried. */
  signaling?: CallSignaling;
  /**
   * Where nothing else decides it: who yields when offers cross. The two sides must differ; let it
   * be the one that offers first, since Chromium loses its picture otherwise.
   */
  polite?: boolean;
  /** What to capture; `false` captures nothing. Ignored when `stream` is given. */
  capture?: CaptureWish | false;
  /** A stream that the page captured itself; from now on it is the connection's to stop. */
  stream?: MediaStream | null;
  /** The default data channel; `false`: none. The two sides must agree. */
  dataChannel?: DataChannelOptions | false;
  codecs?: CodecWishes;
  bandwidth?: BandwidthWishes;
  /** Stereo sound, for music: voice does not gain. */
  stereo?: boolean;
  platform?: Platform;
}
