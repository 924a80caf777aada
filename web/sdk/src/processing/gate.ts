// A noise gate as a machine on samples: it opens at a level, closes below a lower one, and only
// after a hold. Runs in the audio worklet; knows nothing of it.

import type { NoiseGateOptions } from './options.js';

/** The window of the root mean square: two periods of the lowest voices. */
const kWindowMs = 10;
/** A gain this close to its target is there. */
const kSettled = 1e-4;

export class NoiseGate {
  private meanSquare_ = 0;
  private gain_ = 0;
  private open_ = false;
  private heldFor_ = 0;
  private openAt_ = 0;
  private closeAt_ = 0;
  private hold_ = 0;
  private attack_ = 1;
  private release_ = 1;
  private delay_ = 0;
  private position_ = 0;
  private readonly lines_: Float32Array[] = [];
  private readonly window_: number;

  constructor(
    private readonly sampleRate_: number,
    options: NoiseGateOptions,
  ) {
    this.window_ = approach(kWindowMs, sampleRate_);
    this.configure(options);
  }

  configure(options: NoiseGateOptions): void {
    this.openAt_ = power(options.threshold);
    this.closeAt_ = power(options.threshold - options.hysteresis);
    this.hold_ = (options.holdMs / 1000) * this.sampleRate_;
    this.attack_ = approach(options.attackMs / 3, this.sampleRate_);
    this.release_ = approach(options.releaseMs / 3, this.sampleRate_);
    const delay = Math.round((options.lookAheadMs / 1000) * this.sampleRate_);
    if (delay !== this.delay_) {
      this.delay_ = delay;
      this.position_ = 0;
      this.lines_.length = 0;
    }
  }

  get open(): boolean {
    return this.open_;
  }

  /** Of the newest sample: decibels of full scale, -Infinity for digital silence. */
  get levelDb(): number {
    return this.meanSquare_ > 1e-20 ? 10 * Math.log10(this.meanSquare_) : Number.NEGATIVE_INFINITY;
  }

  get delaySamples(): number {
    return this.delay_;
  }

  /** In place; all channels open and close together, by the loudest. */
  process(channels: readonly Float32Array[]): void {
    const length = channels[0]?.length ?? 0;
    for (let i = 0; i < length; i += 1) {
      let square = 0;
      for (const channel of channels) square = Math.max(square, channel[i]! * channel[i]!);
      this.meanSquare_ += (square - this.meanSquare_) * this.window_;
      this.decide_();
      this.ramp_();
      this.emit_(channels, i);
    }
  }

  private decide_(): void {
    if (this.meanSquare_ >= this.openAt_) {
      this.open_ = true;
      this.heldFor_ = 0;
    } else if (this.open_ && this.meanSquare_ < this.closeAt_) {
      this.heldFor_ += 1;
      if (this.heldFor_ > this.hold_) this.open_ = false;
    } else {
      this.heldFor_ = 0;
    }
  }

  // Exponential, so that no step is heard.
  private ramp_(): void {
    const target = this.open_ ? 1 : 0;
    this.gain_ += (target - this.gain_) * (this.open_ ? this.attack_ : this.release_);
    if (Math.abs(target - this.gain_) < kSettled) this.gain_ = target;
  }

  private emit_(channels: readonly Float32Array[], i: number): void {
    if (this.delay_ === 0) {
      for (const channel of channels) channel[i] = channel[i]! * this.gain_;
      return;
    }
    for (const [index, channel] of channels.entries()) {
      let line = this.lines_[index];
      if (!line) {
        line = new Float32Array(this.delay_);
        this.lines_[index] = line;
      }
      const past = line[this.position_]!;
      line[this.position_] = channel[i]!;
      channel[i] = past * this.gain_;
    }
    this.position_ = (this.position_ + 1) % this.delay_;
  }
}

function power(decibels: number): number {
  return 10 ** (decibels / 10);
}

/** The share of the way that a one-pole filter goes in one sample. */
function approach(milliseconds: number, sampleRate: number): number {
  if (milliseconds <= 0) return 1;
  return 1 - Math.exp(-1 / ((milliseconds / 1000) * sampleRate));
}
