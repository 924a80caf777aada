// What a MediaProcessor can be told, with the values that hold when nothing is said.

export interface HighPassOptions {
  /** Hz; rumble below is removed. */
  frequency: number;
}

/** As of DynamicsCompressorNode: decibels and seconds. */
export interface CompressorOptions {
  threshold: number;
  knee: number;
  ratio: number;
  attack: number;
  release: number;
}

/** Levels are true decibels of the root mean square: 0 dB is a full-scale square wave. */
export interface NoiseGateOptions {
  /** At this level and above the gate opens. */
  threshold: number;
  /** It closes when the level is this many decibels below the threshold... */
  hysteresis: number;
  /** ...for this long, so that the pauses within words and sentences do not cut them. */
  holdMs: number;
  attackMs: number;
  releaseMs: number;
  /** Sound is delayed by this much, so that the gate is open when a word begins. */
  lookAheadMs: number;
}

export interface AudioOptions {
  highPass?: boolean | Partial<HighPassOptions>;
  compressor?: boolean | Partial<CompressorOptions>;
  /** A factor; 1 changes nothing. */
  gain?: number;
  noiseGate?: boolean | Partial<NoiseGateOptions>;
  /** RNNoise; its program is fetched when first wanted. */
  noiseSuppression?: boolean;
}

export type BackgroundImage = string | URL | Blob | ImageBitmap;

/** `null`: the camera's own. `blur`: pixels of radius. `image`: fills the picture, cut to fit. */
export type Background = null | { blur: number } | { image: BackgroundImage };

export interface VideoOptions {
  /** A factor; 1 changes nothing. */
  brightness?: number;
  /** Of the whole picture: pixels of radius. */
  blur?: number;
  background?: Background;
  /** Milliseconds a frame may cost before the processor steps down; by default half a frame's time. */
  budgetMs?: number | null;
  /** `auto`: WebGL 2 where a GPU does it. Counts for tracks that are processed from then on. */
  renderer?: 'auto' | 'webgl2' | 'canvas';
}

export interface ProcessingOptions {
  audio?: AudioOptions;
  video?: VideoOptions;
}

export interface MediaProcessorOptions extends ProcessingOptions {
  /**
   * Where the files that are loaded on demand are served: worklet and models. By default
   * `media/` beside the page.
   */
  assets?: string | URL;
  /** Steps down while the battery is low, where the browser tells of it. By default true. */
  saveBattery?: boolean;
}

export interface AudioSettings {
  highPass: HighPassOptions | null;
  compressor: CompressorOptions | null;
  gain: number;
  noiseGate: NoiseGateOptions | null;
  noiseSuppression: boolean;
}

export interface VideoSettings {
  brightness: number;
  blur: number;
  background: Background;
  budgetMs: number | null;
  renderer: 'auto' | 'webgl2' | 'canvas';
}

export const kHighPass: HighPassOptions = { frequency: 100 };
export const kCompressor: CompressorOptions = {
  threshold: -50,
  knee: 40,
  ratio: 12,
  attack: 0,
  release: 0.25,
};
export const kNoiseGate: NoiseGateOptions = {
  threshold: -50,
  hysteresis: 6,
  holdMs: 250,
  attackMs: 3,
  releaseMs: 80,
  lookAheadMs: 3,
};

export const kDefaultAudio: AudioSettings = {
  highPass: kHighPass,
  compressor: kCompressor,
  gain: 1,
  noiseGate: kNoiseGate,
  noiseSuppression: false,
};

export const kDefaultVideo: VideoSettings = {
  brightness: 1,
  blur: 0,
  background: null,
  budgetMs: null,
  renderer: 'auto',
};

/** What holds after a change; what the change does not name stays. */
export function mergeAudio(now: AudioSettings, change: AudioOptions = {}): AudioSettings {
  return {
    highPass: part(now.highPass, change.highPass, kHighPass, kHighPassLimits),
    compressor: part(now.compressor, change.compressor, kCompressor, kCompressorLimits),
    gain: clamp(change.gain ?? now.gain, [0, 16]),
    noiseGate: part(now.noiseGate, change.noiseGate, kNoiseGate, kGateLimits),
    noiseSuppression: change.noiseSuppression ?? now.noiseSuppression,
  };
}

export function mergeVideo(now: VideoSettings, change: VideoOptions = {}): VideoSettings {
  const background = change.background === undefined ? now.background : change.background;
  const budget = change.budgetMs === undefined ? now.budgetMs : change.budgetMs;
  return {
    brightness: clamp(change.brightness ?? now.brightness, [0, 4]),
    blur: clamp(change.blur ?? now.blur, kBlurLimits),
    background:
      background && 'blur' in background
        ? { blur: clamp(background.blur, kBlurLimits) }
        : background,
    budgetMs: budget === null ? null : clamp(budget, [1, 1000]),
    renderer: change.renderer ?? now.renderer,
  };
}

/** Whether any pixel can come out other than it went in. */
export function changesPictures(settings: VideoSettings): boolean {
  return settings.brightness !== 1 || settings.blur > 0 || needsSegmentation(settings);
}

export function needsSegmentation({ background }: VideoSettings): boolean {
  return background !== null && (!('blur' in background) || background.blur > 0);
}

type Range = readonly [low: number, high: number];
type Limits<T> = { readonly [K in keyof T]: Range };

const kBlurLimits: Range = [0, 64];
const kHighPassLimits: Limits<HighPassOptions> = { frequency: [10, 2000] };
// The ranges of DynamicsCompressorNode (Web Audio API §1.19).
const kCompressorLimits: Limits<CompressorOptions> = {
  threshold: [-100, 0],
  knee: [0, 40],
  ratio: [1, 20],
  attack: [0, 1],
  release: [0, 1],
};
const kGateLimits: Limits<NoiseGateOptions> = {
  threshold: [-100, 0],
  hysteresis: [0, 40],
  holdMs: [0, 5000],
  attackMs: [0, 100],
  releaseMs: [0, 2000],
  lookAheadMs: [0, 10],
};

function part<T extends object>(
  now: T | null,
  change: boolean | Partial<T> | undefined,
  fallback: T,
  limits: Limits<T>,
): T | null {
  if (change === undefined) return now;
  if (change === false) return null;
  if (change === true) return now ?? fallback;
  const merged = { ...(now ?? fallback) } as Record<string, number>;
  for (const [key, range] of Object.entries(limits) as [string, Range][]) {
    const wanted = (change as Record<string, unknown>)[key];
    if (wanted !== undefined) merged[key] = clamp(wanted, range);
  }
  return merged as T;
}

function clamp(value: unknown, [low, high]: Range): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new RangeError(`${String(value)} is not a number from ${low} to ${high}`);
  }
  return Math.min(high, Math.max(low, value));
}
