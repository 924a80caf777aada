// Between two block sizes: audio arrives in render quanta of 128 samples, RNNoise eats 480.

/** The delay that makes 480 of 128: after any quantum at most this many samples wait for a frame. */
export function blockDelay(quantum: number, frame: number): number {
  let waiting = 0;
  for (let samples = quantum; samples < quantum * frame; samples += quantum) {
    waiting = Math.max(waiting, samples % frame);
    if (samples % frame === 0) break;
  }
  return waiting;
}

export class FrameAdapter {
  private readonly pending_: Float32Array;
  private readonly ready_: Float32Array;
  private pendingCount_ = 0;
  private read_ = 0;
  private count_: number;

  constructor(
    private readonly frame_: number,
    quantum = 128,
    readonly delaySamples = blockDelay(quantum, frame_),
  ) {
    this.pending_ = new Float32Array(frame_);
    this.ready_ = new Float32Array(2 * frame_ + delaySamples + quantum);
    this.count_ = delaySamples;
  }

  /** In place. `change` is called with each whole frame and changes it. */
  process(block: Float32Array, change: (frame: Float32Array) => void): void {
    for (let i = 0; i < block.length; i += 1) {
      this.pending_[this.pendingCount_] = block[i]!;
      this.pendingCount_ += 1;
      if (this.pendingCount_ < this.frame_) continue;
      this.pendingCount_ = 0;
      change(this.pending_);
      for (const sample of this.pending_) this.push_(sample);
    }
    for (let i = 0; i < block.length; i += 1) block[i] = this.pop_();
  }

  private push_(sample: number): void {
    this.ready_[(this.read_ + this.count_) % this.ready_.length] = sample;
    this.count_ += 1;
  }

  private pop_(): number {
    if (this.count_ === 0) return 0; // a quantum larger than told
    const sample = this.ready_[this.read_]!;
    this.ready_[this.read_] = 0;
    this.read_ = (this.read_ + 1) % this.ready_.length;
    this.count_ -= 1;
    return sample;
  }
}
