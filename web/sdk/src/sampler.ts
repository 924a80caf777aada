// Takes the statistics of all open connections once a second and keeps the last two minutes.

import type { Platform } from './platform.js';
import { type DataStats, StatsNormaliser, type StatsSample } from './stats.js';

const kIntervalMs = 1000;
const kKept = 120;

export class StatsSampler {
  readonly history: StatsSample[] = [];
  private readonly normalisers_ = new WeakMap<RTCPeerConnection, StatsNormaliser>();
  private timer_: unknown;
  private running_ = false;
  /** Counts starts and stops: a sample that was being taken before one belongs to no run. */
  private run_ = 0;

  constructor(
    private readonly platform_: Platform,
    private readonly connections_: () => RTCPeerConnection[],
    private readonly sampled_: (sample: StatsSample) => void,
  ) {}

  start(): void {
    if (this.running_) return;
    this.running_ = true;
    this.history.length = 0;
    this.arm_();
  }

  stop(): void {
    this.running_ = false;
    this.run_ += 1;
    this.platform_.clearTimer(this.timer_);
  }

  private arm_(): void {
    const run = this.run_;
    this.timer_ = this.platform_.setTimer(async () => {
      await this.take_(run);
      if (run === this.run_) this.arm_();
    }, kIntervalMs);
  }

  private async take_(run: number): Promise<void> {
    const samples: StatsSample[] = [];
    for (const connection of this.connections_()) {
      let normaliser = this.normalisers_.get(connection);
      if (!normaliser) {
        normaliser = new StatsNormaliser();
        this.normalisers_.set(connection, normaliser);
      }
      try {
        samples.push(normaliser.normalise(await connection.getStats()));
      } catch {
        // Closed in between.
      }
    }
    const merged = merge(samples);
    if (run !== this.run_ || !merged) return;
    this.history.push(merged);
    if (this.history.length > kKept) this.history.shift();
    this.sampled_(merged);
  }
}

/** Several connections as one: all streams, and the newest connection's transport. */
function merge(samples: StatsSample[]): StatsSample | null {
  const last = samples.at(-1);
  if (!last) return null;
  return {
    at: last.at,
    inbound: samples.flatMap((s) => s.inbound),
    outbound: samples.flatMap((s) => s.outbound),
    transport: last.transport,
    data: mergeData(samples.map((s) => s.data)),
  };
}

function mergeData(all: DataStats[]): DataStats {
  const total = (read: (data: DataStats) => number) => all.reduce((sum, d) => sum + read(d), 0);
  const rate = (read: (data: DataStats) => number | undefined) => {
    const known = all.map(read).filter((r) => r !== undefined);
    return known.length > 0 ? known.reduce((sum, r) => sum + r, 0) : undefined;
  };
  return {
    channels: total((d) => d.channels),
    messagesSent: total((d) => d.messagesSent),
    messagesReceived: total((d) => d.messagesReceived),
    bytesSent: total((d) => d.bytesSent),
    bytesReceived: total((d) => d.bytesReceived),
    bitsPerSecondSent: rate((d) => d.bitsPerSecondSent),
    bitsPerSecondReceived: rate((d) => d.bitsPerSecondReceived),
  };
}
