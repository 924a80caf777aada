// Who is shown large in speaker view. Whoever is loudest for a moment does not count: a picture
// that follows every cough is worse than one that comes late.

/** Loudest for so long before the picture goes there: from silence, and while the other talks. */
const kFromSilenceMs = 400;
const kFromSpeechMs = 1500;
/** Whoever has the picture keeps it at least so long. */
const kHoldMs = 2500;

export class SpeakerFollower {
  private candidate_: string | null = null;
  private candidateSince_ = 0;
  private shownSince_ = Number.NEGATIVE_INFINITY;

  current: string | null = null;

  /**
   * `speakers` from the loudest down, `present` in the order in which people came; both without the
   * person who looks. Returns after how many milliseconds to ask again, null when nothing waits.
   */
  update(speakers: readonly string[], present: readonly string[], now: number): number | null {
    if (this.current !== null && !present.includes(this.current))
      this.show_(null, Number.NEGATIVE_INFINITY);
    const loudest = speakers.find((id) => present.includes(id)) ?? null;
    if (this.current === null) {
      const first = loudest ?? present[0] ?? null;
      // Somebody who stands there only because nobody has spoken yet gives way at once.
      if (first !== null) this.show_(first, loudest === null ? Number.NEGATIVE_INFINITY : now);
      return null;
    }
    if (loudest === null || loudest === this.current) {
      this.candidate_ = null;
      return null;
    }
    if (loudest !== this.candidate_) {
      this.candidate_ = loudest;
      this.candidateSince_ = now;
    }
    const patience = speakers.includes(this.current) ? kFromSpeechMs : kFromSilenceMs;
    const due = Math.max(this.candidateSince_ + patience, this.shownSince_ + kHoldMs);
    if (now < due) return due - now;
    this.show_(loudest, now);
    return null;
  }

  private show_(id: string | null, since: number): void {
    this.current = id;
    this.candidate_ = null;
    this.shownSince_ = since;
  }
}
