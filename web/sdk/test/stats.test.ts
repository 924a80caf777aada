import { describe, expect, it } from 'vitest';
import { StatsSampler } from '../src/sampler.js';
import { qualityOf, StatsNormaliser, type StatsSample, worstLoss } from '../src/stats.js';
import { FakePlatform } from './fakes.js';

function report(...stats: Record<string, unknown>[]): RTCStatsReport {
  return new Map(stats.map((s) => [s.id, s])) as unknown as RTCStatsReport;
}

const inbound = (timestamp: number, more: Record<string, unknown>) => ({
  id: 'in',
  type: 'inbound-rtp',
  kind: 'video',
  mid: '2',
  codecId: 'codec',
  timestamp,
  ...more,
});
const codec = { id: 'codec', type: 'codec', mimeType: 'video/VP8', timestamp: 0 };

describe('the normaliser', () => {
  it('makes rates of totals', () => {
    const normaliser = new StatsNormaliser();
    const first = normaliser.normalise(
      report(
        inbound(1000, { bytesReceived: 1000, packetsReceived: 10, packetsLost: 0, jitter: 0.01 }),
        codec,
      ),
    );
    expect(first.inbound[0]).toMatchObject({
      bitsPerSecond: undefined,
      lossRatio: undefined,
      codec: 'VP8',
      jitterMs: 10,
    });
    const second = normaliser.normalise(
      report(
        inbound(3000, { bytesReceived: 26_000, packetsReceived: 28, packetsLost: 2, jitter: 0 }),
        codec,
      ),
    );
    expect(second.at).toBe(3000);
    expect(second.inbound[0]).toMatchObject({ bitsPerSecond: 100_000, bytesReceived: 26_000 });
    expect(second.inbound[0]?.lossRatio).toBeCloseTo(0.1);
    expect(worstLoss(second)).toBeCloseTo(0.1);
  });

  it('leaves what a browser does not report undefined, never zero', () => {
    const sample = new StatsNormaliser().normalise(report(inbound(1, {})));
    expect(sample.inbound[0]?.freezeCount).toBeUndefined();
    expect(sample.transport.roundTripMs).toBeUndefined();
    expect(worstLoss(sample)).toBeUndefined();
  });

  it('does not take late packets for a negative loss, or a stopped clock for a rate', () => {
    const normaliser = new StatsNormaliser();
    normaliser.normalise(report(inbound(1000, { packetsReceived: 10, packetsLost: 5 })));
    const next = normaliser.normalise(
      report(inbound(1000, { packetsReceived: 20, packetsLost: 3, bytesReceived: 9 })),
    );
    expect(next.inbound[0]?.lossRatio).toBe(0);
    expect(next.inbound[0]?.bitsPerSecond).toBeUndefined();
  });

  it('takes loss and round trip of a sender from what the other side reports', () => {
    const sample = new StatsNormaliser().normalise(
      report(
        {
          id: 'out',
          type: 'outbound-rtp',
          kind: 'video',
          rid: 'high',
          bytesSent: 700,
          framesEncoded: 7,
          timestamp: 1,
        },
        {
          id: 'far',
          type: 'remote-inbound-rtp',
          localId: 'out',
          fractionLost: 0.25,
          roundTripTime: 0.04,
          timestamp: 1,
        },
      ),
    );
    expect(sample.outbound[0]).toMatchObject({
      rid: 'high',
      lossRatio: 0.25,
      roundTripMs: 40,
      bytesSent: 700,
      framesEncoded: 7,
    });
  });

  const pair = {
    id: 'pair',
    type: 'candidate-pair',
    state: 'succeeded',
    currentRoundTripTime: 0.002,
    localCandidateId: 'l',
    remoteCandidateId: 'r',
    timestamp: 1,
  };
  const ends = [
    { id: 'l', type: 'local-candidate', candidateType: 'host', protocol: 'udp', timestamp: 1 },
    { id: 'r', type: 'remote-candidate', address: '127.0.0.1', port: 9, timestamp: 1 },
  ];

  it('finds the pair in use by the transport, as Chromium names it', () => {
    const transport = {
      id: 't',
      type: 'transport',
      selectedCandidatePairId: 'pair',
      srtpCipher: 'SRTP_AEAD_AES_128_GCM',
      tlsVersion: 'FEFD',
      timestamp: 1,
    };
    const sample = new StatsNormaliser().normalise(report(transport, pair, ...ends));
    expect(sample.transport).toMatchObject({
      roundTripMs: 2,
      protocol: 'udp',
      localCandidateType: 'host',
      remoteAddress: '127.0.0.1:9',
      srtpCipher: 'AEAD_AES_128_GCM',
      dtlsVersion: '1.2',
    });
  });

  it('finds it by its own mark, as Firefox does', () => {
    const other = { ...pair, id: 'other', currentRoundTripTime: 9 };
    const sample = new StatsNormaliser().normalise(
      report(other, { ...pair, selected: true, nominated: true }, ...ends),
    );
    expect(sample.transport.roundTripMs).toBe(2);
  });
});

describe('quality', () => {
  it.each([
    [20, 0, 'excellent'],
    [51, 0, 'good'],
    [20, 0.006, 'good'],
    [151, 0, 'fair'],
    [20, 0.03, 'fair'],
    [301, 0, 'poor'],
    [20, 0.06, 'poor'],
    [undefined, undefined, 'excellent'],
  ] as const)('%s ms and %s lost is %s', (rtt, loss, quality) => {
    expect(qualityOf(rtt, loss)).toBe(quality);
  });
});

describe('the sampler', () => {
  it('takes one sample a second, also when it is started anew while one is being taken', async () => {
    const platform = new FakePlatform();
    let asked = 0;
    let answer = (_report: RTCStatsReport) => {};
    let held = true;
    const connection = {
      getStats: () => {
        asked += 1;
        if (!held) return Promise.resolve(report(codec));
        return new Promise<RTCStatsReport>((resolve) => {
          answer = resolve;
        });
      },
    } as unknown as RTCPeerConnection;
    const samples: StatsSample[] = [];
    const sampler = new StatsSampler(
      platform,
      () => [connection],
      (sample) => samples.push(sample),
    );
    sampler.start();
    await platform.advance(1000);
    sampler.stop();
    held = false;
    sampler.start();
    answer(report(codec));
    await platform.advance(3000);
    expect(asked).toBe(4);
    expect(samples).toHaveLength(3);
    sampler.stop();
    expect(platform.timerCount).toBe(0);
  });
});
