// Which of a call's connections the two sides speak of, and what was said too early.
//
// The two sides count their RTCPeerConnections ("generations"). Whoever needs a new one says its
// number before anything else about it; the other then makes a new one too. What was said for an
// earlier generation is ignored, so that a late candidate or answer never meets the wrong connection.

import type { CallSignal } from './call-signaling.js';

/** Signals that are kept while the connection they belong to is not there yet. */
const kMaxHeld = 100;

export class Generations {
  private own_ = 0;
  private peer_ = 0;
  private held_: CallSignal[] = [];

  get own(): number {
    return this.own_;
  }

  /** Both sides speak of the same connection. */
  get agree(): boolean {
    return this.peer_ === this.own_;
  }

  /** A new peer begins anew. */
  reset(): void {
    this.own_ = 0;
    this.peer_ = 0;
  }

  /** This side makes a new connection. */
  next(): void {
    this.own_ += 1;
  }

  /** What the other side counts: of what is older than this side's, nothing is believed. */
  hear(generation: number): 'older' | 'same' | 'newer' {
    if (generation < this.own_) return 'older';
    this.peer_ = generation;
    if (generation === this.own_) return 'same';
    this.own_ = generation;
    return 'newer';
  }

  /** What belongs to a connection that is not there yet; beyond the limit it is dropped. */
  hold(signal: CallSignal): void {
    if (this.held_.length < kMaxHeld) this.held_.push(signal);
  }

  /** What was held, which is then held no more. */
  release(): CallSignal[] {
    return this.held_.splice(0);
  }
}
