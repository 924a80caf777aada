// When a connection cannot carry video, sound alone goes on: decided here, once a second, from what
// the connection shows. It comes back by itself once the connection has been good for a while, and
// at once when the person asks for it.

import type { Quality } from '@parley/client';

export interface LinkState {
  /** Milliseconds of any clock that only goes forward. */
  at: number;
  quality: Quality | undefined;
  /** What the browser thinks it can send, bits a second. */
  availableOutgoing: number | undefined;
  /** Of the videos that should be seen, how many the server holds back for want of bandwidth. */
  paused: number;
  wanted: number;
  /** While reconnecting nothing is judged. */
  connected: boolean;
}

export type AudioOnly = 'no' | 'link' | 'chosen';

/** Bad for so long before video goes. */
const kBadMs = 8000;
/** Good for so long before video comes back; doubled each time that it did not last. */
const kGoodMs = 20_000;
const kMostGoodMs = 160_000;
/** Video that lasted so long has proven the link. */
const kProvenMs = 60_000;
/** Whoever asks for video on a bad link gets it, for at least so long. */
const kInsistMs = 60_000;
/** Speech and the smallest picture take about this much. */
const kLeastOutgoing = 90_000;

export class DegradationPolicy {
  state: AudioOnly = 'no';
  private badSince_: number | null = null;
  private goodSince_: number | null = null;
  private patience_ = kGoodMs;
  private restoredAt_ = Number.NEGATIVE_INFINITY;
  private insistedAt_ = Number.NEGATIVE_INFINITY;

  update(link: LinkState): AudioOnly {
    if (!link.connected || this.state === 'chosen') {
      this.badSince_ = null;
      this.goodSince_ = null;
      return this.state;
    }
    if (this.state === 'no') this.judgeBad_(link);
    else this.judgeGood_(link);
    return this.state;
  }

  /** The person wants sound only, or video again. */
  choose(audioOnly: boolean, at: number): void {
    this.state = audioOnly ? 'chosen' : 'no';
    this.badSince_ = null;
    this.goodSince_ = null;
    if (!audioOnly) this.insistedAt_ = at;
  }

  private judgeBad_(link: LinkState): void {
    if (!isBad(link)) {
      this.badSince_ = null;
      if (link.at - this.restoredAt_ > kProvenMs) this.patience_ = kGoodMs;
      return;
    }
    this.badSince_ ??= link.at;
    if (link.at - this.badSince_ < kBadMs || link.at - this.insistedAt_ < kInsistMs) return;
    if (link.at - this.restoredAt_ < kProvenMs) {
      this.patience_ = Math.min(kMostGoodMs, this.patience_ * 2);
    }
    this.state = 'link';
    this.goodSince_ = null;
  }

  private judgeGood_(link: LinkState): void {
    if (link.quality !== 'good' && link.quality !== 'excellent') {
      this.goodSince_ = null;
      return;
    }
    this.goodSince_ ??= link.at;
    if (link.at - this.goodSince_ < this.patience_) return;
    this.state = 'no';
    this.badSince_ = null;
    this.restoredAt_ = link.at;
  }
}

function isBad({ quality, availableOutgoing, paused, wanted }: LinkState): boolean {
  if (quality === 'poor') return true;
  if (wanted > 0 && paused === wanted) return true;
  return (
    quality === 'fair' && availableOutgoing !== undefined && availableOutgoing < kLeastOutgoing
  );
}
