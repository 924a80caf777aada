// The figures of this page's own connection: a few graphs, and a line for each stream.

import type {
  ConferenceClient,
  InboundStats,
  LayerWish,
  OutboundStats,
  RemoteTrack,
  StatsSample,
} from '@parley/client';
import 'uplot/dist/uPlot.min.css';
import { useState } from 'preact/hooks';
import { useClientEvents } from '../call/use-client.js';
import { strings } from '../strings.js';
import { Graph, type Series } from './graph.js';
import { largestFirst } from './order.js';

const text = strings.stats;

export function StatsPanel({ client }: { client: ConferenceClient }) {
  useClientEvents(client, ['stats', 'trackAdded', 'trackRemoved', 'trackUpdated']);
  const sample = client.stats;
  return sample ? <Figures client={client} sample={sample} /> : <p>{text.waiting}</p>;
}

function Figures({ client, sample }: { client: ConferenceClient; sample: StatsSample }) {
  const { transport } = sample;
  const history = useHistory(client);
  return (
    <>
      <dl class="facts">
        <Fact name={text.roundTrip} value={inMilliseconds(transport.roundTripMs)} />
        <Fact name={text.sent} value={inBits(transport.bitsPerSecondSent)} />
        <Fact name={text.received} value={inBits(transport.bitsPerSecondReceived)} />
        <Fact name={text.path} value={pathOf(sample)} />
        <Fact name={text.cipher} value={cipherName(transport.srtpCipher)} />
      </dl>
      <Graph title="kbit/s" series={kRateSeries} data={history.rates} />
      <Graph title="ms" series={kRoundTripSeries} data={history.roundTrips} />
      <Graph title="%" series={kLossSeries} data={history.losses} />
      <Graph title="px" series={kLayerSeries} data={history.layers} />
      <Graph title="" series={kFreezeSeries} data={history.freezes} />
      <h3>{text.sending}</h3>
      <OutboundTable streams={sample.outbound} />
      <h3>{text.receiving}</h3>
      <InboundTable client={client} streams={sample.inbound} />
    </>
  );
}

const kRateSeries: Series[] = [
  { label: text.sent, colour: 'var(--accent)' },
  { label: text.received, colour: 'var(--second)' },
];
const kRoundTripSeries: Series[] = [{ label: text.roundTrip, colour: 'var(--accent)' }];
const kLayerSeries: Series[] = [
  { label: text.largestSent, colour: 'var(--accent)' },
  { label: text.largestReceived, colour: 'var(--second)' },
];
const kFreezeSeries: Series[] = [{ label: text.frozen, colour: 'var(--danger)' }];
const kLossSeries: Series[] = [{ label: text.loss, colour: 'var(--warn)' }];

function useHistory(client: ConferenceClient) {
  const samples = client.statsHistory;
  const times = samples.map((s) => s.at / 1000);
  const column = (read: (s: StatsSample) => number | undefined) =>
    samples.map((s) => read(s) ?? null);
  const kilo = (bits: number | undefined) => (bits === undefined ? undefined : bits / 1000);
  const worst = (s: StatsSample) => {
    const losses = [...s.inbound, ...s.outbound].map((x) => x.lossRatio ?? 0);
    return 100 * Math.max(0, ...losses);
  };
  const tallest = (streams: { height: number | undefined }[]) =>
    Math.max(0, ...streams.map((x) => x.height ?? 0)) || undefined;
  return {
    layers: [
      times,
      column((s) => tallest(s.outbound.filter((x) => x.active !== false))),
      column((s) => tallest(s.inbound)),
    ],
    freezes: [times, samples.map((s, i) => newFreezes(samples[i - 1], s))],
    rates: [
      times,
      column((s) => kilo(s.transport.bitsPerSecondSent)),
      column((s) => kilo(s.transport.bitsPerSecondReceived)),
    ],
    roundTrips: [times, column((s) => s.transport.roundTripMs)],
    losses: [times, column(worst)],
  };
}

/** Freezes since the sample before, of streams that both know; null where no browser counts. */
function newFreezes(before: StatsSample | undefined, now: StatsSample): number | null {
  const counted = now.inbound.filter((s) => s.freezeCount !== undefined);
  if (counted.length === 0) return null;
  return counted.reduce((sum, s) => {
    const old = before?.inbound.find((b) => b.trackIdentifier === s.trackIdentifier);
    return sum + Math.max(0, s.freezeCount! - (old?.freezeCount ?? s.freezeCount!));
  }, 0);
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function OutboundTable({ streams }: { streams: OutboundStats[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th>{text.stream}</th>
          <th>{text.rate}</th>
          <th>{text.size}</th>
          <th>{text.frames}</th>
          <th>{text.loss}</th>
        </tr>
      </thead>
      <tbody>
        {largestFirst(streams).map((s) => (
          <tr key={`${s.mid}/${s.rid}`} class={s.active === false ? 'idle' : ''}>
            <td>{[s.codec ?? s.kind, s.rid].filter(Boolean).join(' · ')}</td>
            <td>{inBits(s.bitsPerSecond)}</td>
            <td>{sizeOf(s)}</td>
            <td>{rounded(s.framesPerSecond)}</td>
            <td>{inPercent(s.lossRatio)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function InboundTable(props: { client: ConferenceClient; streams: InboundStats[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th>{text.stream}</th>
          <th>{text.rate}</th>
          <th>{text.size}</th>
          <th>{text.frames}</th>
          <th>{text.loss}</th>
          <th>{text.layer}</th>
        </tr>
      </thead>
      <tbody>
        {props.streams.map((s) => {
          const found = props.client.trackByMid(s.mid);
          return (
            <tr key={s.mid}>
              <td>{[found?.participant.name, s.codec ?? s.kind].filter(Boolean).join(' · ')}</td>
              <td>{inBits(s.bitsPerSecond)}</td>
              <td>{sizeOf(s)}</td>
              <td>{rounded(s.framesPerSecond)}</td>
              <td>{inPercent(s.lossRatio)}</td>
              <td>
                {s.kind === 'video' && found && (
                  <LayerMenu
                    track={found.track}
                    onWish={(wish) => props.client.setLayer(found.track.id, wish)}
                  />
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function LayerMenu({ track, onWish }: { track: RemoteTrack; onWish: (wish: LayerWish) => void }) {
  const [wish, setWish] = useState<LayerWish>(track.wish);
  return (
    <select
      aria-label={text.wish}
      value={wish}
      onChange={(event) => {
        const next = event.currentTarget.value as LayerWish;
        setWish(next);
        onWish(next);
      }}
    >
      {['auto', 'high', 'medium', 'low', 'off'].map((option) => (
        <option key={option} value={option}>
          {option}
        </option>
      ))}
    </select>
  );
}

const rounded = (value: number | undefined) =>
  value === undefined ? '–' : String(Math.round(value));
const inMilliseconds = (value: number | undefined) =>
  value === undefined ? '–' : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const inPercent = (ratio: number | undefined) =>
  ratio === undefined ? '–' : `${(ratio * 100).toFixed(1)} %`;
const sizeOf = (s: { width: number | undefined; height: number | undefined }) =>
  s.width && s.height ? `${s.width}×${s.height}` : '–';

function inBits(bits: number | undefined): string {
  if (bits === undefined) return '–';
  return bits >= 999_500
    ? `${(bits / 1e6).toFixed(2)} Mbit/s`
    : `${Math.round(bits / 1000)} kbit/s`;
}

// AEAD_AES_128_GCM, or SRTP_AES128_CM_HMAC_SHA1_80 (RFC 7714 and 3711 name them so).
function cipherName(profile: string | undefined): string {
  if (!profile) return '–';
  const size = /AES_?(CM_)?(128|256)/.exec(profile)?.[2];
  if (!size) return profile;
  return profile.includes('GCM') ? `AES-${size}-GCM` : `AES-${size}-CTR`;
}

function pathOf({ transport }: StatsSample): string {
  const parts = [transport.protocol?.toUpperCase(), transport.localCandidateType];
  return parts.filter(Boolean).join(' · ') || '–';
}
