// @parley/client: join Parley rooms from the browser.

export { type ChatMessage, kMaxChatLength, kMaxReactionLength, type Reaction } from './chat.js';
export {
  ConferenceClient,
  type ConferenceEvents,
  type ConferenceOptions,
  type ConferenceState,
  type JoinOptions,
  type Speaker,
} from './conference.js';
export { type DeviceChange, watchDevices } from './devices.js';
export {
  ConnectionError,
  MediaError,
  type MediaErrorCode,
  ParleyError,
  SignalingError,
} from './errors.js';
export type { RaisedHand } from './hands.js';
export type { DeviceLoss } from './local.js';
export {
  type Capture,
  type CaptureAttempt,
  type CaptureStep,
  type CaptureWish,
  capture,
  captureScreen,
  type Devices,
  listDevices,
  screenShareSupported,
  speakerSelectionSupported,
} from './media.js';
export { browserPlatform, type Platform, type SocketLike, type ViewSize } from './platform.js';
export * from './protocol.js';
export { RemoteParticipant, RemoteTrack } from './remote.js';
export { SignalingClient, type SignalingEvents, type SignalingState } from './signaling.js';
export { cameraEncodings, type Layer, type LayerWish, type VideoLimits } from './simulcast.js';
export {
  type InboundStats,
  type OutboundStats,
  type Quality,
  qualityOf,
  StatsNormaliser,
  type StatsSample,
  type TransportStats,
} from './stats.js';
