// Draws with a 2D canvas, for browsers without WebGL 2.

import { cover, kMaskShare, type Look, type Picture, type Renderer } from './renderer.js';

type Context = CanvasRenderingContext2D;

export class CanvasRenderer implements Renderer {
  readonly kind = 'canvas';
  readonly lost = false;
  onrestored: (() => void) | null = null;
  private readonly output_ = layer();
  private readonly camera_ = layer();
  private readonly person_ = layer();
  private readonly small_ = layer();
  private readonly smallBlurred_ = layer();
  private readonly mask_ = layer();
  private hasMask_ = false;
  private background_: ImageBitmap | null = null;

  get canvas(): HTMLCanvasElement {
    return this.output_.canvas;
  }

  setMask(mask: CanvasImageSource | null): void {
    if (!mask) {
      this.hasMask_ = false;
      return;
    }
    const { canvas } = this.mask_;
    const { width, height } = mask as HTMLCanvasElement;
    if (fit(canvas, width, height)) this.hasMask_ = false;
    mix(this.mask_, mask, this.hasMask_ ? kMaskShare : 1);
    this.hasMask_ = true;
  }

  setBackground(image: ImageBitmap | null): void {
    this.background_ = image;
  }

  // A camera's picture costs more to draw than a canvas does: its colours are converted.
  take(picture: Picture, width: number, height: number): CanvasImageSource {
    fit(this.camera_.canvas, width, height);
    this.camera_.drawImage(picture, 0, 0, width, height);
    return this.camera_.canvas;
  }

  draw(look: Look): void {
    const picture = this.camera_.canvas;
    const { width, height } = picture;
    const out = this.output_;
    fit(out.canvas, width, height);
    const brighten = look.brightness === 1 ? '' : `brightness(${look.brightness})`;
    if (!look.background || !this.hasMask_) {
      this.blurred_(out, picture, look.blur, brighten);
      plainBrightness(out, look, width, height);
      return;
    }
    this.cutOut_(picture, width, height);
    if (look.background === 'image') this.backdrop_(width, height);
    else this.blurred_(out, picture, look.background.blur, brighten);
    filtered(out, brighten, () => out.drawImage(this.person_.canvas, 0, 0));
    plainBrightness(out, look, width, height);
  }

  finish(): void {
    this.output_.getImageData(0, 0, 1, 1);
  }

  close(): void {
    const { output_, camera_, person_, small_, smallBlurred_, mask_ } = this;
    for (const context of [output_, camera_, person_, small_, smallBlurred_, mask_]) {
      fit(context.canvas, 1, 1);
    }
  }

  private cutOut_(picture: CanvasImageSource, width: number, height: number): void {
    const person = this.person_;
    fit(person.canvas, width, height);
    person.globalCompositeOperation = 'copy';
    person.drawImage(this.mask_.canvas, 0, 0, width, height);
    person.globalCompositeOperation = 'source-in';
    person.drawImage(picture, 0, 0, width, height);
  }

  private backdrop_(width: number, height: number): void {
    const image = this.background_;
    if (!image) return;
    const part = cover(image, width, height);
    this.output_.drawImage(image, part.x, part.y, part.width, part.height, 0, 0, width, height);
  }

  // A blur of a smaller picture, drawn large, costs a fraction and looks the same.
  private blurred_(to: Context, from: CanvasImageSource, radius: number, brighten: string): void {
    const { width, height } = to.canvas;
    if (radius <= 0) {
      filtered(to, brighten, () => to.drawImage(from, 0, 0, width, height));
      return;
    }
    const small = this.small_;
    // Without filters the way down and up again is the blur.
    const scale = Math.max(1, canFilter(to) ? radius / 3 : radius);
    const w = Math.max(2, Math.round(width / scale));
    const h = Math.max(2, Math.round(height / scale));
    // What stands beyond the edge is what stands at it, nearly: nothing would fade the edge out.
    const margin = Math.ceil((radius / scale) * 2.5);
    fit(small.canvas, w + 2 * margin, h + 2 * margin);
    small.imageSmoothingQuality = 'high';
    small.drawImage(from, 0, 0, w + 2 * margin, h + 2 * margin);
    small.drawImage(from, margin, margin, w, h);
    const blurred = this.smallBlurred_;
    fit(blurred.canvas, w, h);
    filtered(blurred, `blur(${radius / scale}px) ${brighten}`, () =>
      blurred.drawImage(small.canvas, -margin, -margin),
    );
    to.imageSmoothingQuality = 'high';
    to.drawImage(blurred.canvas, 0, 0, width, height);
  }
}

/** The blur that the seed's name promises, of what a canvas shows. */
export function blurCanvas(context: Context, width: number, height: number, radius: number): void {
  const copy = layer();
  fit(copy.canvas, width, height);
  copy.drawImage(context.canvas, 0, 0);
  if (canFilter(context)) {
    filtered(context, `blur(${radius}px)`, () => context.drawImage(copy.canvas, 0, 0));
    return;
  }
  const small = layer();
  fit(small.canvas, Math.max(2, width / radius), Math.max(2, height / radius));
  small.drawImage(copy.canvas, 0, 0, small.canvas.width, small.canvas.height);
  context.drawImage(small.canvas, 0, 0, width, height);
}

function layer(): Context {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: false });
  if (!context) throw new Error('This browser gives no canvas to draw on');
  return context;
}

/** Whether the size changed (which clears a canvas). */
function fit(canvas: HTMLCanvasElement, width: number, height: number): boolean {
  const w = Math.round(width);
  const h = Math.round(height);
  if (canvas.width === w && canvas.height === h) return false;
  canvas.width = w;
  canvas.height = h;
  return true;
}

// Safari has no filters on canvases.
function canFilter(context: Context): boolean {
  return 'filter' in context;
}

function filtered(context: Context, filter: string, draw: () => void): void {
  if (canFilter(context)) context.filter = filter.trim() || 'none';
  draw();
  if (canFilter(context)) context.filter = 'none';
}

// Without filters a lighter or darker sheet over the picture changes its brightness.
function plainBrightness(context: Context, look: Look, width: number, height: number): void {
  if (canFilter(context) || look.brightness === 1) return;
  context.globalCompositeOperation = look.brightness < 1 ? 'multiply' : 'color-dodge';
  const grey = look.brightness < 1 ? look.brightness : 1 - 1 / look.brightness;
  const value = Math.round(255 * grey);
  context.fillStyle = `rgb(${value} ${value} ${value})`;
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = 'source-over';
}

/** to = to * (1 - share) + from * share, alpha included. */
function mix(to: Context, from: CanvasImageSource, share: number): void {
  const { width, height } = to.canvas;
  to.globalCompositeOperation = 'destination-out';
  to.globalAlpha = share;
  to.fillRect(0, 0, width, height);
  to.globalCompositeOperation = 'lighter';
  to.drawImage(from, 0, 0, width, height);
  to.globalAlpha = 1;
  to.globalCompositeOperation = 'source-over';
}
