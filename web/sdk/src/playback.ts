// Plays what arrives. Browsers refuse to play sound until the person has touched the page: what was
// refused is played with the first touch, whatever that is meant for.

import type { Page } from './page.js';

export interface PlaybackState {
  /** Something waits for the person to touch the page. */
  blocked: boolean;
}

export class Playback {
  private readonly waiting_ = new Set<HTMLMediaElement>();
  private stopWaiting_: (() => void) | null = null;
  /** Counts closings: what was being played before is not waited for after. */
  private closings_ = 0;

  constructor(
    private readonly page_: Page,
    private readonly changed_: (state: PlaybackState) => void,
  ) {}

  get blocked(): boolean {
    return this.waiting_.size > 0;
  }

  /** Whether it plays; false: it will with the next touch of the page, or has nothing to play. */
  async play(element: HTMLMediaElement): Promise<boolean> {
    const closings = this.closings_;
    try {
      await element.play();
    } catch (thrown) {
      // A source that is replaced meanwhile aborts its play; only a refusal is worth waiting for.
      const refused = (thrown as Error).name === 'NotAllowedError';
      if (refused && closings === this.closings_) this.wait_(element);
      else this.forget_(element);
      return false;
    }
    this.forget_(element);
    return true;
  }

  /** Plays all that was refused; to be called while a gesture is handled. */
  async resume(): Promise<void> {
    await Promise.all([...this.waiting_].map((element) => this.playAgain_(element)));
  }

  /** Waits for nothing any more. */
  close(): void {
    this.closings_ += 1;
    this.waiting_.clear();
    this.stopListening_();
  }

  private async playAgain_(element: HTMLMediaElement): Promise<void> {
    if (element.srcObject) await this.play(element);
    else this.forget_(element); // its participant has gone
  }

  private wait_(element: HTMLMediaElement): void {
    const first = !this.blocked;
    this.waiting_.add(element);
    // Some touches do not count, as a press of Escape: then the next one is waited for.
    this.stopWaiting_ ??= this.page_.onGesture(() => {
      this.stopListening_();
      void this.resume();
    });
    if (first) this.changed_({ blocked: true });
  }

  private forget_(element: HTMLMediaElement): void {
    if (!this.waiting_.delete(element) || this.blocked) return;
    this.stopListening_();
    this.changed_({ blocked: false });
  }

  private stopListening_(): void {
    this.stopWaiting_?.();
    this.stopWaiting_ = null;
  }
}
