// Finds the person in a picture: MediaPipe's selfie segmentation, whose program and model are loaded
// from the page's own server when first wanted.

import { hasGpu } from './gpu.js';
import { reasonOf } from './reason.js';

interface Solution {
  setOptions(options: {
    modelSelection: 0 | 1;
    selfieMode: boolean;
    useCpuInference: boolean;
  }): void;
  onResults(listener: (results: { segmentationMask: CanvasImageSource }) => void): void;
  initialize(): Promise<void>;
  send(inputs: { image: HTMLCanvasElement }): Promise<void>;
  close(): Promise<void>;
}

type Constructor = new (config: { locateFile(name: string): string }) => Solution;

/** What the landscape model sees. */
const kWidth = 256;
const kHeight = 144;

let script: Promise<void> | null = null;

export class Segmenter {
  private readonly input_: CanvasRenderingContext2D;
  private mask_: CanvasImageSource | null = null;
  private closed_ = false;

  /** Resolves when the first picture can be segmented. */
  static async load(assets: URL): Promise<Segmenter> {
    script ??= loadScript(new URL('selfie_segmentation.js', assets));
    try {
      await script;
      const { SelfieSegmentation } = globalThis as unknown as { SelfieSegmentation: Constructor };
      const locateFile = (name: string) => new URL(name, assets).href;
      const solution = new SelfieSegmentation({ locateFile });
      const segmenter = new Segmenter(solution);
      await segmenter.start_();
      return segmenter;
    } catch (error) {
      script = null; // the next wish tries again
      throw new Error(`The background model cannot be loaded: ${reasonOf(error)}`);
    }
  }

  private constructor(private readonly solution_: Solution) {
    const canvas = document.createElement('canvas');
    canvas.width = kWidth;
    canvas.height = kHeight;
    const context = canvas.getContext('2d');
    if (!context) throw new Error('This browser gives no canvas to draw on');
    this.input_ = context;
  }

  /** How much of each pixel is the person, in alpha; valid until the next call. */
  async segment(picture: CanvasImageSource): Promise<CanvasImageSource | null> {
    if (this.closed_) return null;
    this.input_.drawImage(picture, 0, 0, kWidth, kHeight);
    this.mask_ = null;
    await this.solution_.send({ image: this.input_.canvas });
    return this.mask_;
  }

  async close(): Promise<void> {
    if (this.closed_) return;
    this.closed_ = true;
    await this.solution_.close();
  }

  // The first picture costs some hundred milliseconds: an empty one pays for it.
  private async start_(): Promise<void> {
    this.solution_.setOptions({
      modelSelection: 1,
      selfieMode: false,
      // Where WebGL is done in software, the model runs some five times as fast without it.
      useCpuInference: !hasGpu(),
    });
    this.solution_.onResults(({ segmentationMask }) => {
      this.mask_ = segmentationMask;
    });
    await this.solution_.initialize();
    await this.solution_.send({ image: this.input_.canvas });
  }
}

function loadScript(address: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    const element = document.createElement('script');
    element.src = address.href;
    element.onload = () => resolve();
    element.onerror = () => {
      element.remove();
      reject(new Error(`${address.href} does not load`));
    };
    document.head.append(element);
  });
}
