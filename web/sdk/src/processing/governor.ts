// Keeps the picture's processing within its budget: costs in, steps out. It goes down a step when
// frames cost too much for a while, and up again when the step above would fit; a step up that did
// not hold is tried ever more rarely.

export interface Effort {
  /** The person is looked for in every so many frames. */
  segmentEvery: number;
  /** The processed picture's size in parts of the camera's. */
  scale: number;
  /** False: no effect but the cheapest. */
  effects: boolean;
}

export const kSteps: readonly Effort[] = [
  { segmentEvery: 1, scale: 1, effects: true },
  { segmentEvery: 2, scale: 1, effects: true },
  { segmentEvery: 3, scale: 1, effects: true },
  { segmentEvery: 3, scale: 0.5, effects: true },
  { segmentEvery: 3, scale: 0.5, effects: false },
];

export interface Step {
  level: number;
  effort: Effort;
  reason: string;
}

/** The best step while the battery is spared: looking for the person costs most. */
const kSparingLevel = 2;
/** Frames whose mean is judged. */
const kWindow = 20;
const kUpAfterMs = 5000;
const kMaxUpAfterMs = 120_000;
/** A step up that is undone within this time did not hold. */
const kHeldMs = 10_000;
/** The share of the budget that a frame may take before a step up: the step costs up to twice. */
const kRoom = 0.45;

export class Governor {
  private level_ = 0;
  /** No step above this one is taken. */
  private best_ = 0;
  private costs_: number[] = [];
  private changedAt_: number;
  private wentUpAt_ = Number.NEGATIVE_INFINITY;
  private upAfterMs_ = kUpAfterMs;

  constructor(
    now: number,
    private readonly usable_: (level: number) => boolean = () => true,
  ) {
    this.changedAt_ = now;
  }

  get level(): number {
    return this.level_;
  }

  get effort(): Effort {
    return kSteps[this.level_]!;
  }

  /** Milliseconds a frame, mean of the newest. */
  get cost(): number {
    if (this.costs_.length === 0) return 0;
    return this.costs_.reduce((sum, c) => sum + c, 0) / this.costs_.length;
  }

  /** Starts over, as after a change of what is asked for. */
  reset(now: number): void {
    this.costs_ = [];
    this.level_ = this.floor_;
    this.changedAt_ = now;
    this.upAfterMs_ = kUpAfterMs;
  }

  /** Steps down for the battery's sake, or lifts that; returns the step taken. */
  spare(sparing: boolean, reason: string, now: number): Step | null {
    const before = this.level_;
    this.best_ = sparing ? kSparingLevel : 0;
    if (!sparing) this.reset(now);
    else this.level_ = Math.max(this.level_, this.floor_);
    if (this.level_ === before) return null;
    this.costs_ = [];
    this.changedAt_ = now;
    return { level: this.level_, effort: this.effort, reason };
  }

  /** A frame's cost; returns the step taken because of it. */
  spent(milliseconds: number, budget: number, now: number): Step | null {
    this.costs_.push(milliseconds);
    if (this.costs_.length > kWindow) this.costs_.shift();
    if (this.costs_.length < kWindow) return null;
    const cost = this.cost;
    if (cost > budget) return this.down_(cost, budget, now);
    const fits = !this.effort.effects || cost < budget * kRoom;
    if (fits && this.level_ > this.floor_ && now - this.changedAt_ >= this.upAfterMs_) {
      const reason = `${cost.toFixed(1)} ms a frame leaves room in ${budget.toFixed(1)} ms`;
      this.wentUpAt_ = now;
      return this.go_(-1, reason, now);
    }
    return null;
  }

  private get floor_(): number {
    return this.usable_(this.best_) ? this.best_ : 0;
  }

  private down_(cost: number, budget: number, now: number): Step | null {
    if (this.level_ === kSteps.length - 1) return null;
    if (now - this.wentUpAt_ < kHeldMs) {
      this.upAfterMs_ = Math.min(kMaxUpAfterMs, this.upAfterMs_ * 2);
    }
    const reason = `a frame took ${cost.toFixed(1)} ms of ${budget.toFixed(1)} ms`;
    return this.go_(1, reason, now);
  }

  private go_(by: 1 | -1, reason: string, now: number): Step | null {
    let level = this.level_ + by;
    while (kSteps[level] && !this.usable_(level)) level += by;
    if (!kSteps[level]) return null;
    this.level_ = level;
    this.costs_ = [];
    this.changedAt_ = now;
    return { level, effort: this.effort, reason };
  }
}
