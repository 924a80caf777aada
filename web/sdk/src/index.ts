// @parley/client: join Parley rooms from the browser.

export type { BackgroundState } from './background.js';
export { type BatteryState, watchBattery } from './battery.js';
export {
  type CallPeer,
  type CallSignal,
  type CallSignaling,
  type CallSignalingListener,
  type MediaState,
  RoomSignaling,
  type RoomSignalingOptions,
} from './call-signaling.js';
export type { CallStats } from './call-stats.js';
export { type ChatMessage, kMaxChatLength, kMaxReactionLength, type Reaction } from './chat.js';
export type { BandwidthWishes, CodecWishes, MediaKind } from './codecs.js';
export {
  ConferenceClient,
  type ConferenceEvents,
  type ConferenceOptions,
  type ConferenceState,
  type JoinOptions,
  type MediaEncryption,
  type Speaker,
} from './conference.js';
export {
  type CallState,
  WebRTCConnection,
  type WebRTCConnectionConfig,
  type WebRTCConnectionEvents,
} from './connection.js';
export { DataChannel, type DataChannelOptions } from './data-channel.js';
export type { DataValue, DecodedData } from './data-codec.js';
export { type DataEvents, type DataLimits, DataPipe, type DataState } from './data-pipe.js';
export { type DeviceChange, watchDevices } from './devices.js';
export type { Listener } from './emitter.js';
export {
  ConnectionError,
  DataError,
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
export type { BatteryLike, Page } from './page.js';
export {
  browserPlatform,
  type Platform,
  type Refusal,
  type SocketLike,
  type ViewSize,
} from './platform.js';
export type { PlaybackState } from './playback.js';
export * from './protocol.js';
export { RemoteParticipant, RemoteTrack } from './remote.js';
export { RoomChannel, type RoomChannelEvents, type RoomChannelOptions } from './room-channel.js';
export type { RoomDataMessage } from './room-data.js';
export {
  SignalingClient,
  type SignalingEvents,
  type SignalingOptions,
  type SignalingState,
} from './signaling.js';
export { cameraEncodings, type Layer, type LayerWish, type VideoLimits } from './simulcast.js';
export { type SendQuality, SimulcastManager, type SimulcastOptions } from './simulcast-manager.js';
export {
  type DataStats,
  type InboundStats,
  judgeQuality,
  type OutboundStats,
  type Quality,
  type QualityJudgement,
  qualityOf,
  StatsNormaliser,
  type StatsSample,
  type TransportStats,
} from './stats.js';
