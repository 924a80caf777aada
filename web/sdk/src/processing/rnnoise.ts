// RNNoise (Valin 2018) as WebAssembly: its C functions, called directly, since a worklet has none of
// what the usual loaders expect.

/** 10 ms at 48 kHz, the only rate that it knows. */
export const kRnnoiseFrame = 480;
export const kRnnoiseRate = 48_000;
/** Its frames overlap by half, so what comes out is one frame old. */
export const kRnnoiseDelay = 480;

interface Exports {
  memory: WebAssembly.Memory;
  __wasm_call_ctors(): void;
  malloc(bytes: number): number;
  free(at: number): void;
  rnnoise_create(model: number): number;
  rnnoise_destroy(state: number): void;
  rnnoise_process_frame(state: number, out: number, input: number): number;
}

/** Its samples are floats of 16-bit range. */
const kScale = 32_768;
const kPage = 65_536;

export class Rnnoise {
  private readonly wasm_: Exports;

  constructor(program: BufferSource) {
    let memory: WebAssembly.Memory | null = null;
    const env = {
      emscripten_memcpy_big(to: number, from: number, bytes: number): number {
        new Uint8Array(memory!.buffer).copyWithin(to, from, from + bytes);
        return to;
      },
      emscripten_resize_heap(bytes: number): number {
        try {
          memory!.grow(Math.ceil((bytes - memory!.buffer.byteLength) / kPage));
          return 1;
        } catch {
          return 0; // as C expects it: malloc fails
        }
      },
      __assert_fail(): never {
        throw new Error('RNNoise broke an assertion of its own');
      },
    };
    const module = new WebAssembly.Module(program);
    this.wasm_ = new WebAssembly.Instance(module, { env }).exports as unknown as Exports;
    memory = this.wasm_.memory;
    this.wasm_.__wasm_call_ctors();
  }

  /** One voice's worth of state: each channel needs its own. */
  createChannel(): RnnoiseChannel {
    return new RnnoiseChannel(this.wasm_);
  }
}

export class RnnoiseChannel {
  private readonly state_: number;
  private readonly buffer_: number;
  private view_: Float32Array;
  /** 0 to 1: how much the newest frame sounded like speech. */
  voice = 0;

  constructor(private readonly wasm_: Exports) {
    this.state_ = wasm_.rnnoise_create(0);
    this.buffer_ = wasm_.malloc(kRnnoiseFrame * Float32Array.BYTES_PER_ELEMENT);
    if (!this.state_ || !this.buffer_) throw new Error('RNNoise found no memory');
    this.view_ = this.makeView_();
  }

  /** In place. */
  process(frame: Float32Array): void {
    if (this.view_.byteLength === 0) this.view_ = this.makeView_(); // memory grew
    for (let i = 0; i < kRnnoiseFrame; i += 1) this.view_[i] = frame[i]! * kScale;
    this.voice = this.wasm_.rnnoise_process_frame(this.state_, this.buffer_, this.buffer_);
    if (this.view_.byteLength === 0) this.view_ = this.makeView_();
    for (let i = 0; i < kRnnoiseFrame; i += 1) frame[i] = this.view_[i]! / kScale;
  }

  destroy(): void {
    this.wasm_.rnnoise_destroy(this.state_);
    this.wasm_.free(this.buffer_);
  }

  private makeView_(): Float32Array {
    return new Float32Array(this.wasm_.memory.buffer, this.buffer_, kRnnoiseFrame);
  }
}
