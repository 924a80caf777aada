// What draws processed pictures, whatever it draws with.

/** One camera picture. */
export type Picture = (VideoFrame | HTMLVideoElement) & CanvasImageSource;

export interface Look {
  brightness: number;
  /** Of the whole picture where it has no background, in pixels of radius as it is drawn. */
  blur: number;
  /** Behind the person; `image` stands for the one that was set. */
  background: null | 'image' | { blur: number };
}

export interface Renderer {
  readonly kind: 'webgl2' | 'canvas';
  readonly canvas: HTMLCanvasElement;
  /** The browser took the graphics away, as after a sleep: nothing is drawn until they are back. */
  readonly lost: boolean;
  /** They are back, without mask and background. */
  onrestored: (() => void) | null;
  /** How much of the picture is the person, by pixel; in the mask's alpha. Smoothed over time. */
  setMask(mask: CanvasImageSource | null): void;
  setBackground(image: ImageBitmap | null): void;
  /** Takes the next picture, in the size to draw it; returns what is cheap to read it from. */
  take(picture: Picture, width: number, height: number): CanvasImageSource;
  draw(look: Look): void;
  /** Returns when everything is really drawn: to measure it. */
  finish(): void;
  close(): void;
}

/** The share of a new mask in the smoothed one. */
export const kMaskShare = 0.6;

/** The part of an image, in its own pixels, that fills a picture of this shape. */
export function cover(
  image: { width: number; height: number },
  width: number,
  height: number,
): { x: number; y: number; width: number; height: number } {
  const scale = Math.min(image.width / width, image.height / height);
  const part = { width: width * scale, height: height * scale };
  return { x: (image.width - part.width) / 2, y: (image.height - part.height) / 2, ...part };
}

export function pictureSize(picture: Picture): { width: number; height: number } {
  if ('displayWidth' in picture) {
    return { width: picture.displayWidth, height: picture.displayHeight };
  }
  return { width: picture.videoWidth, height: picture.videoHeight };
}
