// A page that nobody looks at needs no pictures of others: after a while in the background it asks
// for none, and for all of them at once when it is seen again.

import type { Platform } from './platform.js';

export interface BackgroundState {
  /** No video of others is asked for, since nobody sees it. */
  paused: boolean;
}

/** Shorter looks at another page change nothing: each return costs a keyframe of everybody. */
export const kBackgroundMs = 5000;

export class Background {
  private paused_ = false;
  private timer_: unknown = null;
  private stop_: (() => void) | null = null;

  constructor(
    private readonly platform_: Platform,
    private readonly changed_: (state: BackgroundState) => void,
    private readonly afterMs_ = kBackgroundMs,
  ) {}

  get paused(): boolean {
    return this.paused_;
  }

  start(): void {
    this.stop_ ??= this.platform_.page.onVisibilityChange(() => this.look_());
    this.look_();
  }

  /** Says nothing: who stops it has no pictures to ask for. */
  stop(): void {
    this.stop_?.();
    this.stop_ = null;
    this.cancel_();
    this.paused_ = false;
  }

  private look_(): void {
    if (!this.platform_.page.hidden) {
      this.cancel_();
      this.set_(false);
    } else if (!this.paused_) {
      this.timer_ ??= this.platform_.setTimer(() => {
        this.timer_ = null;
        // A picture may have come into a window apart without a word.
        if (this.platform_.page.hidden) this.set_(true);
      }, this.afterMs_);
    }
  }

  private cancel_(): void {
    if (this.timer_ !== null) this.platform_.clearTimer(this.timer_);
    this.timer_ = null;
  }

  private set_(paused: boolean): void {
    if (this.paused_ === paused) return;
    this.paused_ = paused;
    this.changed_({ paused });
  }
}
