// @parley/client/processing: cleans microphones, and changes what cameras show.

export type { AudioStats } from './audio-graph.js';
export type { Effort, Step } from './governor.js';
export { MediaProcessor, type MediaProcessorEvents } from './media-processor.js';
export type {
  AudioOptions,
  Background,
  BackgroundImage,
  CompressorOptions,
  HighPassOptions,
  MediaProcessorOptions,
  NoiseGateOptions,
  ProcessingOptions,
  VideoOptions,
} from './options.js';
export type { VideoStats } from './video-chain.js';
