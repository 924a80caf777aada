// The order of what is sent: as the browser lists it, but the layers of one video by their size.

import type { Layer, OutboundStats } from '@parley/client';

/** A layer that rests has no size, so the names that this app gives its layers count first. */
const kLayers: readonly Layer[] = ['high', 'medium', 'low'];

type Sent = Pick<OutboundStats, 'mid' | 'rid' | 'width' | 'height'>;

export function largestFirst<T extends Sent>(streams: readonly T[]): T[] {
  const mids = [...new Set(streams.map((s) => s.mid))];
  return mids.flatMap((mid) => streams.filter((s) => s.mid === mid).sort(bySize));
}

function bySize(a: Sent, b: Sent): number {
  return rankOf(a) - rankOf(b) || pixelsOf(b) - pixelsOf(a);
}

function rankOf({ rid }: Sent): number {
  const rank = kLayers.indexOf(rid as Layer);
  return rank < 0 ? kLayers.length : rank;
}

function pixelsOf({ width, height }: Sent): number {
  return (width ?? 0) * (height ?? 0);
}
