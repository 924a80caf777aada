// The statistics of a call between two: one stream of each kind in each direction.

import type {
  DataStats,
  InboundStats,
  OutboundStats,
  StatsSample,
  TransportStats,
} from './stats.js';

export interface CallStats {
  /** Milliseconds of the wall clock. */
  at: number;
  audio: { inbound: InboundStats | undefined; outbound: OutboundStats | undefined };
  video: { inbound: InboundStats | undefined; outbound: OutboundStats | undefined };
  connection: TransportStats;
  data: DataStats;
}

export function callStats({ at, inbound, outbound, transport, data }: StatsSample): CallStats {
  return {
    at,
    audio: { inbound: busiest(inbound, 'audio'), outbound: busiest(outbound, 'audio') },
    video: { inbound: busiest(inbound, 'video'), outbound: busiest(outbound, 'video') },
    connection: transport,
    data,
  };
}

/** A shared screen's sound is a second stream of its kind: the one that carries more counts. */
function busiest<T extends InboundStats | OutboundStats>(
  all: T[],
  kind: 'audio' | 'video',
): T | undefined {
  return all
    .filter((s) => s.kind === kind)
    .sort((a, b) => (b.bitsPerSecond ?? 0) - (a.bitsPerSecond ?? 0))[0];
}
