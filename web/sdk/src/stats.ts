// getStats, normalised: one plain object a second with rates instead of totals, the same in every
// browser. A figure that a browser does not report is undefined, never zero (Firefox leaves out
// availableOutgoingBitrate and several freeze fields).

export interface InboundStats {
  mid: string | undefined;
  trackIdentifier: string | undefined;
  kind: 'audio' | 'video';
  codec: string | undefined;
  bitsPerSecond: number | undefined;
  bytesReceived: number | undefined;
  packetsReceived: number;
  packetsLost: number;
  /** 0 to 1, over the last interval. */
  lossRatio: number | undefined;
  jitterMs: number | undefined;
  /** Mean time that a packet of the last interval waited in the jitter buffer. */
  jitterBufferMs: number | undefined;
  framesDecoded: number | undefined;
  framesPerSecond: number | undefined;
  width: number | undefined;
  height: number | undefined;
  freezeCount: number | undefined;
  audioLevel: number | undefined;
  nackCount: number | undefined;
  pliCount: number | undefined;
}

export interface OutboundStats {
  mid: string | undefined;
  rid: string | undefined;
  kind: 'audio' | 'video';
  codec: string | undefined;
  bitsPerSecond: number | undefined;
  targetBitsPerSecond: number | undefined;
  bytesSent: number | undefined;
  packetsSent: number;
  /** 0 to 1 as the other side last reported. */
  lossRatio: number | undefined;
  roundTripMs: number | undefined;
  framesEncoded: number | undefined;
  framesPerSecond: number | undefined;
  width: number | undefined;
  height: number | undefined;
  active: boolean | undefined;
  limitedBy: string | undefined;
}

export interface TransportStats {
  roundTripMs: number | undefined;
  availableOutgoingBitsPerSecond: number | undefined;
  bitsPerSecondSent: number | undefined;
  bitsPerSecondReceived: number | undefined;
  localCandidateType: string | undefined;
  remoteCandidateType: string | undefined;
  protocol: string | undefined;
  remoteAddress: string | undefined;
  srtpCipher: string | undefined;
  dtlsVersion: string | undefined;
  dtlsState: string | undefined;
}

/** All data channels of a connection together. */
export interface DataStats {
  channels: number;
  messagesSent: number;
  messagesReceived: number;
  bytesSent: number;
  bytesReceived: number;
  bitsPerSecondSent: number | undefined;
  bitsPerSecondReceived: number | undefined;
}

export interface StatsSample {
  /** Milliseconds of the wall clock. */
  at: number;
  inbound: InboundStats[];
  outbound: OutboundStats[];
  transport: TransportStats;
  data: DataStats;
}

// The parts of the W3C statistics that are read here; TypeScript's DOM types lack many of them.
type Raw = Record<string, unknown> & { id: string; type: string; timestamp: number };

const num = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000;

/** Keeps the previous report and turns the next one into rates. */
export class StatsNormaliser {
  private previous_ = new Map<string, Raw>();

  normalise(report: RTCStatsReport): StatsSample {
    const current = new Map<string, Raw>();
    for (const stat of (report as unknown as Map<string, Raw>).values()) current.set(stat.id, stat);
    const inbound: InboundStats[] = [];
    const outbound: OutboundStats[] = [];
    let at = 0;
    const remoteInbound = new Map<string, Raw>();
    for (const stat of current.values()) {
      at = Math.max(at, stat.timestamp);
      const localId = text(stat.localId);
      if (stat.type === 'remote-inbound-rtp' && localId) remoteInbound.set(localId, stat);
    }
    for (const stat of current.values()) {
      if (stat.type === 'inbound-rtp') inbound.push(this.inbound_(stat, current));
      if (stat.type === 'outbound-rtp') {
        outbound.push(this.outbound_(stat, current, remoteInbound.get(stat.id)));
      }
    }
    const transport = this.transport_(current);
    const data = this.data_([...current.values()].filter((s) => s.type === 'data-channel'));
    this.previous_ = current;
    return { at, inbound, outbound, transport, data };
  }

  private inbound_(stat: Raw, all: Map<string, Raw>): InboundStats {
    const received = this.delta_(stat, 'packetsReceived');
    const lost = this.delta_(stat, 'packetsLost');
    const waited = this.delta_(stat, 'jitterBufferDelay');
    const emitted = this.delta_(stat, 'jitterBufferEmittedCount');
    return {
      mid: text(stat.mid),
      trackIdentifier: text(stat.trackIdentifier),
      kind: stat.kind === 'audio' ? 'audio' : 'video',
      codec: codecOf(stat, all),
      bitsPerSecond: this.bitRate_(stat, 'bytesReceived'),
      bytesReceived: num(stat.bytesReceived),
      packetsReceived: num(stat.packetsReceived) ?? 0,
      packetsLost: num(stat.packetsLost) ?? 0,
      lossRatio: ratio(lost === undefined ? undefined : Math.max(0, lost), received),
      jitterMs: milliseconds(num(stat.jitter)),
      jitterBufferMs: waited !== undefined && emitted ? (waited / emitted) * 1000 : undefined,
      framesDecoded: num(stat.framesDecoded),
      framesPerSecond: num(stat.framesPerSecond) ?? this.rate_(stat, 'framesDecoded'),
      width: num(stat.frameWidth),
      height: num(stat.frameHeight),
      freezeCount: num(stat.freezeCount),
      audioLevel: num(stat.audioLevel),
      nackCount: num(stat.nackCount),
      pliCount: num(stat.pliCount),
    };
  }

  private outbound_(stat: Raw, all: Map<string, Raw>, far: Raw | undefined): OutboundStats {
    return {
      mid: text(stat.mid),
      rid: text(stat.rid),
      kind: stat.kind === 'audio' ? 'audio' : 'video',
      codec: codecOf(stat, all),
      bitsPerSecond: this.bitRate_(stat, 'bytesSent'),
      targetBitsPerSecond: num(stat.targetBitrate),
      bytesSent: num(stat.bytesSent),
      packetsSent: num(stat.packetsSent) ?? 0,
      lossRatio: num(far?.fractionLost),
      roundTripMs: milliseconds(num(far?.roundTripTime)),
      framesEncoded: num(stat.framesEncoded),
      framesPerSecond: num(stat.framesPerSecond) ?? this.rate_(stat, 'framesEncoded'),
      width: num(stat.frameWidth),
      height: num(stat.frameHeight),
      active: typeof stat.active === 'boolean' ? stat.active : undefined,
      limitedBy: text(stat.qualityLimitationReason),
    };
  }

  private transport_(all: Map<string, Raw>): TransportStats {
    const transport = [...all.values()].find((s) => s.type === 'transport');
    const pair = selectedPair(all, transport);
    const local = pair && all.get(text(pair.localCandidateId) ?? '');
    const remote = pair && all.get(text(pair.remoteCandidateId) ?? '');
    return {
      roundTripMs: milliseconds(num(pair?.currentRoundTripTime)),
      availableOutgoingBitsPerSecond: num(pair?.availableOutgoingBitrate),
      bitsPerSecondSent: pair && this.bitRate_(pair, 'bytesSent'),
      bitsPerSecondReceived: pair && this.bitRate_(pair, 'bytesReceived'),
      localCandidateType: text(local?.candidateType),
      remoteCandidateType: text(remote?.candidateType),
      protocol: text(local?.protocol),
      remoteAddress: remote && addressOf(remote),
      // Some browsers write SRTP_ before the profile's name.
      srtpCipher: text(transport?.srtpCipher)?.replace(/^SRTP_/, ''),
      dtlsVersion: dtlsVersion(text(transport?.tlsVersion)),
      dtlsState: text(transport?.dtlsState),
    };
  }

  private data_(channels: Raw[]): DataStats {
    const total = (field: string) => channels.reduce((sum, s) => sum + (num(s[field]) ?? 0), 0);
    const rates = (field: string) => {
      const known = channels.map((s) => this.bitRate_(s, field)).filter((r) => r !== undefined);
      return known.length > 0 ? known.reduce((sum, r) => sum + r, 0) : undefined;
    };
    return {
      channels: channels.filter((s) => s.state === 'open').length,
      messagesSent: total('messagesSent'),
      messagesReceived: total('messagesReceived'),
      bytesSent: total('bytesSent'),
      bytesReceived: total('bytesReceived'),
      bitsPerSecondSent: rates('bytesSent'),
      bitsPerSecondReceived: rates('bytesReceived'),
    };
  }

  private delta_(stat: Raw, field: string): number | undefined {
    const now = num(stat[field]);
    const before = num(this.previous_.get(stat.id)?.[field]);
    return now === undefined || before === undefined ? undefined : now - before;
  }

  private rate_(stat: Raw, field: string): number | undefined {
    const change = this.delta_(stat, field);
    const before = this.previous_.get(stat.id);
    if (change === undefined || !before || stat.timestamp <= before.timestamp) return undefined;
    return Math.max(0, change) / ((stat.timestamp - before.timestamp) / 1000);
  }

  private bitRate_(stat: Raw, field: string): number | undefined {
    const bytes = this.rate_(stat, field);
    return bytes === undefined ? undefined : bytes * 8;
  }
}

function ratio(lost: number | undefined, received: number | undefined): number | undefined {
  if (lost === undefined || received === undefined || lost + received <= 0) return undefined;
  return lost / (lost + received);
}

function codecOf(stat: Raw, all: Map<string, Raw>): string | undefined {
  return text(all.get(text(stat.codecId) ?? '')?.mimeType)?.replace(/^(audio|video)\//, '');
}

// The standard way is the transport's selectedCandidatePairId; Firefox marks the pair itself.
function selectedPair(all: Map<string, Raw>, transport: Raw | undefined): Raw | undefined {
  const id = text(transport?.selectedCandidatePairId);
  if (id && all.has(id)) return all.get(id);
  const pairs = [...all.values()].filter((s) => s.type === 'candidate-pair');
  return (
    pairs.find((s) => s.selected === true) ??
    pairs.find((s) => s.nominated === true && s.state === 'succeeded')
  );
}

function addressOf(candidate: Raw): string | undefined {
  const address = text(candidate.address) ?? text(candidate.ip);
  return address ? `${address}:${candidate.port}` : undefined;
}

// Browsers say it as the two bytes on the wire, in hexadecimal.
function dtlsVersion(wire: string | undefined): string | undefined {
  if (wire === 'FEFD') return '1.2';
  if (wire === 'FEFC') return '1.3';
  return wire;
}

export type Quality = 'excellent' | 'good' | 'fair' | 'poor';

/** The connection's quality from round-trip time (milliseconds) and loss (0 to 1). */
export function qualityOf(roundTripMs: number | undefined, lossRatio: number | undefined): Quality {
  const rtt = roundTripMs ?? 0;
  const loss = lossRatio ?? 0;
  if (loss > 0.05 || rtt > 300) return 'poor';
  if (loss > 0.02 || rtt > 150) return 'fair';
  if (loss > 0.005 || rtt > 50) return 'good';
  return 'excellent';
}

export interface QualityJudgement {
  quality: Quality;
  /** What keeps it from being better; `none` when it is excellent. */
  reason: 'none' | 'loss' | 'round_trip' | 'loss_and_round_trip';
  roundTripMs: number | undefined;
  /** 0 to 1, the worse direction. */
  lossRatio: number | undefined;
  /** What the browser believes that the path carries. */
  availableOutgoingBitsPerSecond: number | undefined;
}

/** The quality with its reason: which of the two figures alone would give the same level. */
export function judgeQuality(sample: StatsSample): QualityJudgement {
  const { roundTripMs, availableOutgoingBitsPerSecond } = sample.transport;
  const lossRatio = worstLoss(sample);
  const quality = qualityOf(roundTripMs, lossRatio);
  const byLoss = qualityOf(undefined, lossRatio) === quality;
  const byTrip = qualityOf(roundTripMs, undefined) === quality;
  let reason: QualityJudgement['reason'] = 'none';
  if (quality !== 'excellent' && byLoss) reason = byTrip ? 'loss_and_round_trip' : 'loss';
  else if (quality !== 'excellent') reason = 'round_trip';
  return { quality, reason, roundTripMs, lossRatio, availableOutgoingBitsPerSecond };
}

/** A sample's worst loss in either direction. */
export function worstLoss(sample: StatsSample): number | undefined {
  const losses = [...sample.inbound, ...sample.outbound]
    .map((s) => s.lossRatio)
    .filter((l): l is number => l !== undefined);
  return losses.length > 0 ? Math.max(...losses) : undefined;
}
