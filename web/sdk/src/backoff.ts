// Waiting times between attempts: doubling from a first value to a limit, each drawn at random from
// the upper half, so that many clients of a restarted server do not return in step.

export interface BackoffOptions {
  firstMs: number;
  limitMs: number;
}

export class Backoff {
  private attempt_ = 0;

  constructor(
    private readonly options_: BackoffOptions,
    private readonly random_: () => number,
  ) {}

  get attempts(): number {
    return this.attempt_;
  }

  next(): number {
    const full = Math.min(this.options_.limitMs, this.options_.firstMs * 2 ** this.attempt_);
    this.attempt_ += 1;
    return full / 2 + (full / 2) * this.random_();
  }

  reset(): void {
    this.attempt_ = 0;
  }
}
