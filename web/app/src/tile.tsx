// One person, or one screen, in the grid.

import type { Quality } from '@parley/client';
import { MicrophoneOffIcon, ScreenIcon } from './icons.js';
import { VideoView } from './media-element.js';
import { strings } from './strings.js';

export interface TileProps {
  id: string;
  name: string;
  video: MediaStreamTrack | null;
  screen?: boolean;
  self?: boolean;
  muted?: boolean;
  speaking?: boolean;
  quality?: Quality | undefined;
  notice?: string | undefined;
  observe?: ((element: Element) => () => void) | undefined;
  observed?: string | undefined;
  style?: string;
}

export function Tile(props: TileProps) {
  const { name, self, screen, speaking } = props;
  const shown = screen ? (self ? strings.yourScreen : strings.screenOf(name)) : name;
  return (
    <article
      class={['tile', speaking && 'speaking', screen && 'screen'].filter(Boolean).join(' ')}
      data-tile={props.id}
      data-self={self ? 'true' : undefined}
      style={props.style}
      aria-label={speaking ? `${shown}, ${strings.speaking}` : shown}
    >
      {props.video ? (
        <VideoView
          track={props.video}
          mirrored={self && !screen}
          contain={screen}
          remote={!self}
          label={shown}
          observe={props.observe}
          observed={props.observed}
        />
      ) : (
        <div class="avatar" style={`--hue:${hueOf(props.id)}`} aria-hidden="true">
          {initials(name)}
        </div>
      )}
      {props.notice && <p class="tile-notice">{props.notice}</p>}
      <footer>
        {screen && <ScreenIcon size={16} />}
        {props.muted && (
          <span class="mark" title={strings.muted}>
            <MicrophoneOffIcon size={16} />
          </span>
        )}
        <span class="name">{self && !screen ? `${name} (${strings.you})` : shown}</span>
        {!screen && props.quality && <QualityMark quality={props.quality} />}
      </footer>
    </article>
  );
}

const kBars: Record<Quality, number> = { excellent: 4, good: 3, fair: 2, poor: 1 };

function QualityMark({ quality }: { quality: Quality }) {
  const label = strings.quality[quality];
  return (
    <span class={`quality ${quality}`} role="img" aria-label={label} title={label}>
      {[1, 2, 3, 4].map((bar) => (
        <i key={bar} class={bar <= kBars[quality] ? 'lit' : ''} />
      ))}
    </span>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ''].map((w) => [...(w ?? '')][0]);
  return letters.filter(Boolean).join('').toUpperCase() || '?';
}

// The same person has the same colour on everybody's screen.
function hueOf(id: string): number {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return hash % 360;
}
