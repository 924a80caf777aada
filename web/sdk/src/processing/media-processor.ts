// MediaProcessor: microphones and cameras in, cleaned and changed ones out. A processed track stands
// for the original: stopping it releases the device, and it ends when the device goes.

import { watchBattery } from '../battery.js';
import { Emitter } from '../emitter.js';
import { browserPage } from '../page.js';
import { AudioChain } from './audio-chain.js';
import type { AudioStats } from './audio-graph.js';
import { blurCanvas } from './canvas-renderer.js';
import type { Step } from './governor.js';
import {
  kDefaultAudio,
  kDefaultVideo,
  type MediaProcessorOptions,
  mergeAudio,
  mergeVideo,
  type ProcessingOptions,
  type VideoOptions,
} from './options.js';
import { VideoChain, type VideoStats } from './video-chain.js';

export interface MediaProcessorEvents {
  /** Ten times a second while sound is processed. */
  audio: AudioStats;
  /** Once a second while pictures are processed. */
  cost: VideoStats;
  /** The effort for pictures changed, and why. */
  stepped: Step;
  /** Something that was asked for cannot be had; the call goes on without it. */
  failed: { kind: 'audio' | 'video'; reason: string };
}

type Context2D = CanvasRenderingContext2D;

export class MediaProcessor extends Emitter<MediaProcessorEvents> {
  private audio_ = kDefaultAudio;
  private video_ = kDefaultVideo;
  private readonly assets_: URL;
  private readonly audioChains_ = new Set<AudioChain>();
  private readonly videoChains_ = new Set<VideoChain>();
  private audioStats_: AudioStats | null = null;
  private image_: ImageBitmap | null = null;
  private sparing_ = false;
  private sparingReason_ = '';
  private readonly stopBattery_: () => void = () => {};

  constructor(options: MediaProcessorOptions = {}) {
    super();
    this.audio_ = mergeAudio(this.audio_, options.audio);
    this.video_ = mergeVideo(this.video_, options.video);
    this.assets_ = new URL(options.assets ?? 'media/', document.baseURI);
    if (options.saveBattery === false) return;
    this.stopBattery_ = watchBattery(browserPage(), ({ saving, level, charging }) => {
      const percent = Math.round(level * 100);
      const charges = charging ? ' and charges' : '';
      this.spare(saving, `the battery is at ${percent} %${charges}`);
    });
  }

  /** Whether this browser can process sound, and pictures. */
  static get supported(): { audio: boolean; video: boolean } {
    const audio = 'AudioWorkletNode' in globalThis;
    const capture = 'captureStream' in HTMLCanvasElement.prototype;
    return { audio, video: capture || 'MediaStreamTrackGenerator' in globalThis };
  }

  async processAudio(track: MediaStreamTrack): Promise<MediaStreamTrack> {
    const chain = await AudioChain.create(track, this.audio_, this.assets_, {
      report: (stats) => {
        this.audioStats_ = stats;
        this.emit('audio', stats);
      },
      failed: (reason) => this.emit('failed', { kind: 'audio', reason }),
    });
    this.audioChains_.add(chain);
    return standFor(track, chain.output, () => {
      this.audioChains_.delete(chain);
      if (this.audioChains_.size === 0) this.audioStats_ = null;
      void chain.close();
    });
  }

  async processVideo(track: MediaStreamTrack): Promise<MediaStreamTrack> {
    const chain = await VideoChain.create(track, this.video_, this.assets_, {
      stepped: (step) => this.emit('stepped', step),
      cost: (stats) => this.emit('cost', stats),
      failed: (reason) => this.emit('failed', { kind: 'video', reason }),
    });
    this.videoChains_.add(chain);
    if (this.sparing_) chain.spare(true, this.sparingReason_);
    return standFor(track, chain.output, () => {
      this.videoChains_.delete(chain);
      void chain.close();
    });
  }

  /** Changes what is named, also of tracks in process; resolves when that is loaded and holds. */
  async update(options: ProcessingOptions): Promise<void> {
    // Both are read before either counts: a bad value changes nothing.
    const audio = mergeAudio(this.audio_, options.audio);
    const video = mergeVideo(this.video_, options.video);
    this.audio_ = audio;
    this.video_ = video;
    const changes: Promise<void>[] = [];
    if (options.audio) for (const chain of this.audioChains_) changes.push(chain.configure(audio));
    if (options.video) for (const chain of this.videoChains_) changes.push(chain.configure(video));
    await Promise.all(changes);
  }

  /** Looks for persons in fewer frames, or no longer does; `stepped` tells. The battery's state does it by itself. */
  spare(sparing: boolean, reason = 'power is spared'): void {
    this.sparing_ = sparing;
    this.sparingReason_ = reason;
    for (const chain of this.videoChains_) chain.spare(sparing, reason);
  }

  /** The newest figures; null where nothing is processed. */
  stats(): { audio: AudioStats | null; video: VideoStats | null } {
    const [video] = this.videoChains_;
    return { audio: this.audioStats_, video: video?.stats() ?? null };
  }

  /** Ends the processed tracks; the original ones stay open. */
  async close(): Promise<void> {
    this.stopBattery_();
    const chains = [...this.audioChains_, ...this.videoChains_];
    this.audioChains_.clear();
    this.videoChains_.clear();
    this.audioStats_ = null;
    await Promise.all(chains.map((chain) => chain.close()));
    this.clearListeners();
  }

  // ---- by streams and canvases ---------------------------------------------------------------

  /** The stream with its microphone processed; other tracks are passed on. */
  async setupAudioProcessing(stream: MediaStream): Promise<MediaStream> {
    const audio = await Promise.all(stream.getAudioTracks().map((t) => this.processAudio(t)));
    return new MediaStream([...audio, ...stream.getVideoTracks()]);
  }

  async setupVideoProcessing(
    track: MediaStreamTrack,
    options: VideoOptions = {},
  ): Promise<MediaStream> {
    await this.update({ video: options });
    return new MediaStream([await this.processVideo(track)]);
  }

  /** Blurs what a canvas shows. */
  applyBlur(context: Context2D, width: number, height: number, radius = 5): void {
    blurCanvas(context, width, height, radius);
  }

  /** Multiplies what a canvas shows by a factor. */
  adjustBrightness(context: Context2D, width: number, height: number, brightness = 1): void {
    const picture = context.getImageData(0, 0, width, height);
    const { data } = picture;
    for (let i = 0; i < data.length; i += 1) {
      if (i % 4 !== 3) data[i] = Math.min(255, data[i]! * brightness);
    }
    context.putImageData(picture, 0, 0);
  }

  /** Draws an image behind what a canvas shows: its transparent pixels let it through. */
  async applyVirtualBackground(
    context: Context2D,
    width: number,
    height: number,
    image?: ImageBitmap | Blob,
  ): Promise<void> {
    if (image) this.image_ = image instanceof Blob ? await createImageBitmap(image) : image;
    if (!this.image_) throw new Error('No background image was given');
    context.globalCompositeOperation = 'destination-over';
    context.drawImage(this.image_, 0, 0, width, height);
    context.globalCompositeOperation = 'source-over';
  }
}

/** Makes the processed track behave as the device's own: its settings, its end, its release. */
function standFor(
  source: MediaStreamTrack,
  output: MediaStreamTrack,
  release: () => void,
): MediaStreamTrack {
  const stop = output.stop.bind(output);
  const settings = output.getSettings.bind(output);
  let ended = false;
  output.getSettings = () => ({ ...settings(), ...source.getSettings() });
  output.stop = () => {
    ended = true;
    stop();
    source.stop();
    release();
  };
  source.addEventListener('ended', () => {
    if (ended) return;
    ended = true;
    stop();
    release();
    output.dispatchEvent(new Event('ended'));
  });
  return output;
}
