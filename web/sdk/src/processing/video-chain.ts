// The picture's chain: a flow of frames, a renderer, and the segmenter once a background is wanted.
//
// Who hides the room behind a background must never show it by accident: while the model loads, when
// it cannot be had, and when the machine is too slow for it, the whole picture is blurred.

import { CanvasRenderer } from './canvas-renderer.js';
import { type Drawn, type FrameFlow, openFlow } from './frame-flow.js';
import { Governor, kSteps, type Step } from './governor.js';
import { hasGpu } from './gpu.js';
import {
  type BackgroundImage,
  changesPictures,
  needsSegmentation,
  type VideoSettings,
} from './options.js';
import { reasonOf } from './reason.js';
import { type Look, type Picture, pictureSize, type Renderer } from './renderer.js';
import { Segmenter } from './segmenter.js';
import { WebGlRenderer } from './webgl-renderer.js';

export interface VideoStats {
  renderer: 'webgl2' | 'canvas';
  flow: 'frames' | 'element';
  frames: number;
  /** Mean of the newest frames, the segmentation included. */
  costMs: number;
  segmentMs: number;
  budgetMs: number;
  /** 0: everything as asked; each step costs less. */
  level: number;
  segmentEvery: number;
  scale: number;
  effects: boolean;
  width: number;
  height: number;
  /** Whether the background is told from the person, or everything is blurred for want of it. */
  segmenting: boolean;
}

export interface VideoChainEvents {
  stepped(step: Step): void;
  cost(stats: VideoStats): void;
  failed(reason: string): void;
}

/** Of the whole picture where a background is wanted and cannot be had; of a height of 360. */
const kHidingBlur = 24;
/** Frames between two that are waited for until they are really drawn. */
const kFinishEvery = 4;
const kReportMs = 1000;

export class VideoChain {
  private renderer_: Renderer;
  private readonly governor_: Governor;
  private segmenter_: Segmenter | null = null;
  private loading_: Promise<void> | null = null;
  private flow_: FrameFlow | null = null;
  private image_: BackgroundImage | null = null;
  private imageReady_ = false;
  private bitmap_: ImageBitmap | null = null;
  /** The newest picture could not be processed, which was told. */
  private failing_ = false;
  private frames_ = 0;
  private segmentMs_ = 0;
  private masked_ = false;
  private size_ = { width: 0, height: 0 };
  private reportedAt_ = 0;
  private closed_ = false;
  private settings_: VideoSettings;

  static async create(
    track: MediaStreamTrack,
    settings: VideoSettings,
    assets: URL,
    events: VideoChainEvents,
  ): Promise<VideoChain> {
    const chain = new VideoChain(track, settings, assets, events);
    try {
      chain.flow_ = await openFlow(track, chain.renderer_.canvas, (p) => chain.draw_(p));
    } catch (error) {
      await chain.close();
      throw error;
    }
    await chain.configure(settings);
    return chain;
  }

  private constructor(
    private readonly track_: MediaStreamTrack,
    settings: VideoSettings,
    private readonly assets_: URL,
    private readonly events_: VideoChainEvents,
  ) {
    this.settings_ = settings;
    this.renderer_ = makeRenderer(settings.renderer);
    this.renderer_.onrestored = () => this.refill_();
    // Where nothing is segmented, steps that only segment less save nothing.
    const useful = (level: number) =>
      needsSegmentation(this.settings_) || level === 0 || kSteps[level]!.scale < 1;
    this.governor_ = new Governor(performance.now(), useful);
  }

  get output(): MediaStreamTrack {
    return this.flow_!.output;
  }

  async configure(settings: VideoSettings): Promise<void> {
    this.settings_ = settings;
    this.governor_.reset(performance.now());
    if (!needsSegmentation(settings)) {
      this.masked_ = false;
      this.renderer_.setMask(null);
      return;
    }
    const { background } = settings;
    if (background && 'image' in background) await this.loadImage_(background.image);
    this.loading_ ??= this.loadSegmenter_();
    await this.loading_;
  }

  /** Spares the battery, or no longer does. */
  spare(sparing: boolean, reason: string): void {
    const step = this.governor_.spare(sparing, reason, performance.now());
    if (step) this.events_.stepped(step);
  }

  stats(): VideoStats {
    const { effort, level, cost } = this.governor_;
    return {
      renderer: this.renderer_.kind,
      flow: this.flow_?.kind ?? 'frames',
      frames: this.frames_,
      costMs: cost,
      segmentMs: this.segmentMs_,
      budgetMs: this.budget_,
      level,
      ...effort,
      ...this.size_,
      segmenting: this.masked_,
    };
  }

  async close(): Promise<void> {
    if (this.closed_) return;
    this.closed_ = true;
    this.flow_?.stop();
    // Not the output's own stop, which stands for the device's.
    if (this.flow_) MediaStreamTrack.prototype.stop.call(this.flow_.output);
    this.renderer_.close();
    await this.segmenter_?.close();
  }

  private get budget_(): number {
    const { budgetMs } = this.settings_;
    return budgetMs ?? 500 / (this.track_.getSettings().frameRate ?? 30);
  }

  private async loadSegmenter_(): Promise<void> {
    try {
      const segmenter = await Segmenter.load(this.assets_);
      if (this.closed_) await segmenter.close();
      else this.segmenter_ = segmenter;
    } catch (error) {
      this.loading_ = null; // the next change tries again
      this.events_.failed(reasonOf(error));
    }
  }

  private async loadImage_(image: BackgroundImage): Promise<void> {
    if (image === this.image_) return;
    this.image_ = image;
    this.imageReady_ = false;
    try {
      const bitmap = await decodeImage(image);
      if (this.image_ !== image || this.closed_) return; // something newer was chosen
      this.bitmap_ = bitmap;
      this.renderer_.setBackground(bitmap);
      this.imageReady_ = true;
    } catch (error) {
      this.image_ = null;
      this.events_.failed(`The background image cannot be shown: ${reasonOf(error)}`);
    }
  }

  /** The renderer has neither mask nor background. */
  private refill_(): void {
    this.masked_ = false;
    if (this.bitmap_) this.renderer_.setBackground(this.bitmap_);
  }

  // What cannot be processed is not shown: it may be what a background was to hide.
  private async draw_(picture: Picture): Promise<Drawn> {
    if (this.closed_) return 'nothing';
    try {
      if (this.renderer_.lost) throw new Error('the browser took the graphics away');
      const drawn = await this.process_(picture);
      this.failing_ = false;
      return drawn;
    } catch (error) {
      if (!this.closed_) this.failed_(reasonOf(error));
      return 'nothing';
    }
  }

  private failed_(reason: string): void {
    if (!this.failing_) this.events_.failed(`Pictures cannot be processed: ${reason}`);
    this.failing_ = true;
    // A canvas that is captured cannot be exchanged: it waits for its graphics.
    if (this.renderer_.kind === 'canvas' || this.flow_?.kind !== 'frames') return;
    this.renderer_.close();
    this.renderer_ = new CanvasRenderer();
    this.refill_();
  }

  private async process_(picture: Picture): Promise<Drawn> {
    const begun = performance.now();
    const { effort } = this.governor_;
    const elements = this.flow_?.kind === 'element';
    // A captured canvas shows only what is drawn; frames can go by untouched.
    if (!changesPictures(this.settings_) && !elements && this.flow_) return 'unchanged';
    const whole = pictureSize(picture);
    const width = even(whole.width * effort.scale);
    const height = even(whole.height * effort.scale);
    this.size_ = { width, height };
    const taken = this.renderer_.take(picture, width, height);
    if (effort.effects && needsSegmentation(this.settings_) && this.segmenter_) {
      if (this.frames_ % effort.segmentEvery === 0 || !this.masked_) await this.segment_(taken);
      if (this.closed_) return 'nothing';
    }
    this.renderer_.draw(this.look_(height / whole.height, height));
    const measured = this.frames_ % kFinishEvery === 0;
    if (measured) this.renderer_.finish();
    this.frames_ += 1;
    this.account_(begun);
    return this.renderer_.canvas;
  }

  private async segment_(picture: CanvasImageSource): Promise<void> {
    const begun = performance.now();
    const mask = await this.maskOf_(picture);
    if (!mask || this.closed_) return;
    this.renderer_.setMask(mask);
    this.masked_ = true;
    this.segmentMs_ += (performance.now() - begun - this.segmentMs_) * 0.1;
  }

  // A model that fails is given up: the whole picture is blurred until the next change.
  private async maskOf_(picture: CanvasImageSource): Promise<CanvasImageSource | null> {
    const segmenter = this.segmenter_!;
    try {
      return await segmenter.segment(picture);
    } catch (error) {
      if (this.closed_) return null;
      this.segmenter_ = null;
      this.loading_ = null;
      this.masked_ = false;
      this.events_.failed(`The person cannot be told from the room: ${reasonOf(error)}`);
      void segmenter.close().catch(() => {}); // it is broken already
      return null;
    }
  }

  private look_(scale: number, height: number): Look {
    const { brightness, blur, background } = this.settings_;
    const { effects } = this.governor_.effort;
    if (needsSegmentation(this.settings_)) {
      const image = background !== null && 'image' in background;
      if (!effects || !this.masked_ || (image && !this.imageReady_)) {
        return { brightness, blur: (kHidingBlur * height) / 360, background: null };
      }
      const behind = image ? 'image' : { blur: (background as { blur: number }).blur * scale };
      return { brightness, blur: 0, background: behind };
    }
    if (!effects) return { brightness: 1, blur: 0, background: null };
    return { brightness, blur: blur * scale, background: null };
  }

  private account_(begun: number): void {
    const now = performance.now();
    const step = this.governor_.spent(now - begun, this.budget_, now);
    if (step) this.events_.stepped(step);
    if (now - this.reportedAt_ < kReportMs) return;
    this.reportedAt_ = now;
    this.events_.cost(this.stats());
  }
}

function makeRenderer(wish: VideoSettings['renderer']): Renderer {
  // Software draws faster on a canvas than by WebGL.
  if (wish === 'canvas' || (wish === 'auto' && !hasGpu())) return new CanvasRenderer();
  try {
    return new WebGlRenderer();
  } catch (error) {
    if (wish === 'webgl2') throw error;
    return new CanvasRenderer();
  }
}

/** Colours are stored for two by two pixels. */
function even(length: number): number {
  return Math.max(2, 2 * Math.round(length / 2));
}

async function decodeImage(image: BackgroundImage): Promise<ImageBitmap> {
  if (image instanceof ImageBitmap) return image;
  if (image instanceof Blob) return createImageBitmap(image);
  const response = await fetch(image);
  if (!response.ok) throw new Error(`status ${response.status}`);
  return createImageBitmap(await response.blob());
}
