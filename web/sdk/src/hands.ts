// Raised hands. They stand in the metadata, so that whoever joins later sees them too, with the time
// at which they were raised, so that all see them in the same order.

import type { Metadata } from './protocol.js';

export interface RaisedHand {
  participant: string;
  /** Milliseconds since 1970 by the clock of the one who raised it. */
  since: number;
}

/** The metadata's key; null or absent: not raised. */
export const kHandKey = 'handRaisedAt';

export function handOf(metadata: Metadata): number | null {
  const at = metadata[kHandKey];
  return typeof at === 'number' && Number.isFinite(at) ? at : null;
}

/** Who waits longest stands first. */
export function handsInOrder(all: Iterable<{ id: string; metadata: Metadata }>): RaisedHand[] {
  const hands: RaisedHand[] = [];
  for (const { id, metadata } of all) {
    const since = handOf(metadata);
    if (since !== null) hands.push({ participant: id, since });
  }
  return hands.sort((a, b) => a.since - b.since || (a.participant < b.participant ? -1 : 1));
}

export function sameHands(a: RaisedHand[], b: RaisedHand[]): boolean {
  return (
    a.length === b.length &&
    a.every(
      ({ participant, since }, i) => participant === b[i]?.participant && since === b[i].since,
    )
  );
}
