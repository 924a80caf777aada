// Draws with WebGL 2: mask smoothing, a blur at a fraction of the size, one pass that composes.

import { cover, kMaskShare, type Look, type Picture, type Renderer } from './renderer.js';
import { kBlur, kCompose, kShrink, kSmoothMask, kVertex } from './shaders.js';

type Gl = WebGL2RenderingContext;
type Values = Record<string, number | readonly number[] | WebGLTexture>;

/** Sigma of the Gaussian, in pixels of the shrunk picture, that a blur aims at. */
const kSigma = 4;

interface Target {
  texture: WebGLTexture;
  buffer: WebGLFramebuffer;
  width: number;
  height: number;
}

export class WebGlRenderer implements Renderer {
  readonly kind = 'webgl2';
  readonly canvas: HTMLCanvasElement;
  private readonly gl_: Gl;
  onrestored: (() => void) | null = null;
  // Made anew when the graphics were lost and are back.
  private smooth_!: Program;
  private shrink_!: Program;
  private blur_!: Program;
  private compose_!: Program;
  private picture_!: WebGLTexture;
  private fresh_!: WebGLTexture;
  private image_!: WebGLTexture;
  private masks_!: [Target, Target];
  private small_!: [Target, Target];
  private hasMask_ = false;
  private background_: { width: number; height: number } | null = null;

  constructor() {
    this.canvas = document.createElement('canvas');
    const gl = this.canvas.getContext('webgl2', {
      alpha: false,
      antialias: false,
      depth: false,
      premultipliedAlpha: false,
    });
    if (!gl) throw new Error('This browser has no WebGL 2');
    this.gl_ = gl;
    this.make_();
    // Otherwise they never come back.
    this.canvas.addEventListener('webglcontextlost', (event) => event.preventDefault());
    this.canvas.addEventListener('webglcontextrestored', () => {
      this.make_();
      this.onrestored?.();
    });
  }

  private make_(): void {
    const { gl_: gl } = this;
    this.hasMask_ = false;
    this.background_ = null;
    this.smooth_ = new Program(gl, kSmoothMask);
    this.shrink_ = new Program(gl, kShrink);
    this.blur_ = new Program(gl, kBlur);
    this.compose_ = new Program(gl, kCompose);
    this.picture_ = makeTexture(gl);
    this.fresh_ = makeTexture(gl);
    this.image_ = makeTexture(gl);
    this.masks_ = [makeTarget(gl, 1, 1), makeTarget(gl, 1, 1)];
    this.small_ = [makeTarget(gl, 1, 1), makeTarget(gl, 1, 1)];
  }

  get lost(): boolean {
    return this.gl_.isContextLost();
  }

  setMask(mask: CanvasImageSource | null): void {
    if (!mask) {
      this.hasMask_ = false;
      return;
    }
    const { width, height } = mask as HTMLCanvasElement;
    if (this.masks_[0].width !== width || this.masks_[0].height !== height) {
      this.masks_ = this.resize_(this.masks_, width, height);
      this.hasMask_ = false;
    }
    upload(this.gl_, this.fresh_, mask as TexImageSource);
    const [now, next] = this.masks_;
    this.pass_(this.smooth_, next, {
      fresh: this.fresh_,
      before: now.texture,
      share: this.hasMask_ ? kMaskShare : 1,
    });
    this.masks_ = [next, now];
    this.hasMask_ = true;
  }

  setBackground(image: ImageBitmap | null): void {
    this.background_ = image && { width: image.width, height: image.height };
    if (image) upload(this.gl_, this.image_, image);
  }

  take(picture: Picture, width: number, height: number): CanvasImageSource {
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    upload(this.gl_, this.picture_, picture);
    return picture;
  }

  draw(look: Look): void {
    const { width, height } = this.canvas;
    const mask = this.masks_[0].texture;
    const background = this.hasMask_ ? look.background : null;
    const common = { picture: this.picture_, mask, brightness: look.brightness, turn: 1 };
    if (background === 'image') {
      const window = imageWindow(this.background_, width, height);
      this.pass_(this.compose_, null, {
        ...common,
        behind: this.image_,
        brightnessBehind: 1,
        window,
        masked: 1,
      });
      return;
    }
    const radius = background ? background.blur : look.blur;
    const behind = radius > 0 ? this.blurred_(width, height, radius, background !== null) : null;
    this.pass_(this.compose_, null, {
      ...common,
      behind: behind ?? this.picture_,
      brightnessBehind: look.brightness,
      window: kWhole,
      masked: background ? 1 : 0,
    });
  }

  finish(): void {
    const { gl_: gl } = this;
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  close(): void {
    this.gl_.getExtension('WEBGL_lose_context')?.loseContext();
  }

  private blurred_(width: number, height: number, radius: number, masked: boolean): WebGLTexture {
    const scale = Math.min(8, Math.max(1, Math.floor(radius / kSigma)));
    const w = Math.max(2, Math.round(width / scale));
    const h = Math.max(2, Math.round(height / scale));
    if (this.small_[0].width !== w || this.small_[0].height !== h) {
      this.small_ = this.resize_(this.small_, w, h);
    }
    const [first, second] = this.small_;
    this.pass_(this.shrink_, first, {
      picture: this.picture_,
      mask: this.masks_[0].texture,
      texel: [0.5 / w, 0.5 / h],
      masked: masked ? 1 : 0,
    });
    const sigma = radius / scale;
    const from = first.texture;
    this.pass_(this.blur_, second, { picture: from, direction: [1 / w, 0], sigma });
    this.pass_(this.blur_, first, { picture: second.texture, direction: [0, 1 / h], sigma });
    return first.texture;
  }

  private resize_(targets: [Target, Target], width: number, height: number): [Target, Target] {
    for (const target of targets) dropTarget(this.gl_, target);
    return [makeTarget(this.gl_, width, height), makeTarget(this.gl_, width, height)];
  }

  private pass_(program: Program, target: Target | null, values: Values): void {
    const { gl_: gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, target?.buffer ?? null);
    gl.viewport(0, 0, target?.width ?? this.canvas.width, target?.height ?? this.canvas.height);
    program.use({ turn: 0, ...values });
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }
}

const kWhole = [0, 0, 1, 1] as const;

function imageWindow(image: { width: number; height: number } | null, w: number, h: number) {
  if (!image) return kWhole;
  const part = cover(image, w, h);
  const { width, height } = image;
  return [part.x / width, part.y / height, part.width / width, part.height / height];
}

class Program {
  private readonly program_: WebGLProgram;
  private readonly places_ = new Map<string, WebGLUniformLocation | null>();

  constructor(
    private readonly gl_: Gl,
    fragment: string,
  ) {
    const program = gl_.createProgram();
    for (const [type, source] of [
      [gl_.VERTEX_SHADER, kVertex],
      [gl_.FRAGMENT_SHADER, fragment],
    ] as const) {
      const shader = gl_.createShader(type);
      if (!shader) throw new Error('WebGL gives no shader');
      gl_.shaderSource(shader, source);
      gl_.compileShader(shader);
      gl_.attachShader(program, shader);
    }
    gl_.linkProgram(program);
    if (!gl_.getProgramParameter(program, gl_.LINK_STATUS)) {
      throw new Error(`WebGL refuses a program: ${gl_.getProgramInfoLog(program) ?? ''}`);
    }
    this.program_ = program;
  }

  use(values: Values): void {
    const { gl_: gl } = this;
    gl.useProgram(this.program_);
    let unit = 0;
    for (const [name, value] of Object.entries(values)) {
      const place = this.place_(name);
      if (typeof value === 'number') gl.uniform1f(place, value);
      else if (Array.isArray(value)) {
        if (value.length === 2) gl.uniform2fv(place, value);
        else gl.uniform4fv(place, value);
      } else {
        gl.activeTexture(gl.TEXTURE0 + unit);
        gl.bindTexture(gl.TEXTURE_2D, value as WebGLTexture);
        gl.uniform1i(place, unit);
        unit += 1;
      }
    }
  }

  private place_(name: string): WebGLUniformLocation | null {
    let place = this.places_.get(name);
    if (place === undefined) {
      place = this.gl_.getUniformLocation(this.program_, name);
      this.places_.set(name, place);
    }
    return place;
  }
}

function makeTexture(gl: Gl): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  return texture;
}

function upload(gl: Gl, texture: WebGLTexture, image: TexImageSource): void {
  gl.activeTexture(gl.TEXTURE0);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, image);
}

function makeTarget(gl: Gl, width: number, height: number): Target {
  const texture = makeTexture(gl);
  gl.texImage2D(
    gl.TEXTURE_2D,
    0,
    gl.RGBA,
    width,
    height,
    0,
    gl.RGBA,
    gl.UNSIGNED_BYTE,
    new Uint8Array(width * height * 4),
  );
  const buffer = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, buffer);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  return { texture, buffer, width, height };
}

function dropTarget(gl: Gl, { texture, buffer }: Target): void {
  gl.deleteFramebuffer(buffer);
  gl.deleteTexture(texture);
}
