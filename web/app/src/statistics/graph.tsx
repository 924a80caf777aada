// A small line graph that grows to the right, drawn by uPlot.

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { roundTop, tick } from './scale.js';

export interface Series {
  label: string;
  colour: string;
}

type Column = (number | null)[];

const kHeight = 84;

export function Graph(props: { title: string; series: Series[]; data: Column[] }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const target = place.current!;
    plot.current = new uPlot(optionsFor(props.series, target), [[]], target);
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: target.clientWidth, height: kHeight }),
    );
    observer.observe(target);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
    };
  }, [props.series]);
  useEffect(() => {
    plot.current?.setData(props.data as unknown as uPlot.AlignedData);
  }, [props.data]);
  const latest = props.series.map((s, i) => ({ ...s, value: props.data[i + 1]?.at(-1) }));
  return (
    <figure class="graph">
      <figcaption>
        {latest.map((s) => (
          <span key={s.label}>
            <i style={`background:${s.colour}`} />
            {s.label} {s.value === null || s.value === undefined ? '–' : s.value.toFixed(0)}{' '}
            {props.title}
          </span>
        ))}
      </figcaption>
      <div ref={place} />
    </figure>
  );
}

// A canvas knows no custom properties: they are looked up where the graph stands.
function resolved(colour: string, place: HTMLElement): string {
  const before = place.style.color;
  place.style.color = colour;
  const resolved = getComputedStyle(place).color;
  place.style.color = before;
  return resolved;
}

function optionsFor(series: Series[], place: HTMLElement): uPlot.Options {
  const faint = resolved('var(--line)', place);
  const ink = resolved('var(--ink-soft)', place);
  return {
    width: place.clientWidth || 280,
    height: kHeight,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _low, high) => [0, roundTop(high)] } },
    axes: [
      { show: false },
      {
        size: 44,
        stroke: ink,
        font: '11px system-ui',
        grid: { stroke: faint, width: 1 },
        ticks: { show: false },
        splits: (_plot, _axis, low, high) => [low, high / 2, high],
        values: (_plot, splits) => splits.map(tick),
      },
    ],
    series: [
      {},
      ...series.map((s) => ({
        label: s.label,
        stroke: resolved(s.colour, place),
        width: 1.5,
        points: { show: false },
      })),
    ],
  };
}
