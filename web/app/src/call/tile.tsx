// One person, or one screen, on the stage.

import type { Quality } from '@parley/client';
import type { Rect } from '../layout/grid.js';
import { strings } from '../strings.js';
import {
  HandIcon,
  MicrophoneOffIcon,
  MoreIcon,
  PinIcon,
  ScreenIcon,
  SoundOffIcon,
} from '../ui/icons.js';
import { MenuButton, type MenuItem } from '../ui/menu.js';
import { VideoView } from './media-element.js';
import { Reactions, type ShownReaction } from './reactions.js';

export interface TileData {
  id: string;
  /** The person: the same for somebody's picture and screen. */
  participantId: string;
  name: string;
  /** Whom the token is for, where that is not the name: the server vouches for it. */
  identity?: string | undefined;
  video: MediaStreamTrack | null;
  screen?: boolean;
  self?: boolean;
  muted?: boolean;
  /** Silenced on this page alone. */
  mutedForMe?: boolean;
  speaking?: boolean;
  /** Place in the line of raised hands, from 1. */
  hand?: number | undefined;
  quality?: Quality | undefined;
  /** Why the connection is judged so. */
  reason?: string;
  notice?: string | undefined;
  /** Their own connection dropped and may come back. */
  away?: boolean;
  observe?: ((element: Element) => () => void) | undefined;
  observed?: string | undefined;
}

export interface TileProps extends TileData {
  rect: Rect;
  pinned: boolean;
  floating: boolean;
  menu: MenuItem[];
  reactions: readonly ShownReaction[];
}

/** A tile below this width has no room for more than a name. */
const kNarrow = 150;

export function titleOf(tile: Pick<TileData, 'name' | 'screen' | 'self'>): string {
  if (tile.screen) return tile.self ? strings.yourScreen : strings.screenOf(tile.name);
  return tile.self ? strings.self(tile.name) : tile.name;
}

export function Tile(props: TileProps) {
  const { rect, self, screen } = props;
  const title = titleOf(props);
  const classes = [
    'tile',
    props.speaking && 'speaking',
    screen && 'screen',
    props.floating && 'floating',
    props.away && 'away',
    rect.width < kNarrow && 'narrow',
  ];
  return (
    <article
      class={classes.filter(Boolean).join(' ')}
      data-tile={props.id}
      data-self={self ? 'true' : undefined}
      style={`width:${rect.width}px;height:${rect.height}px;transform:translate(${rect.x}px,${rect.y}px)`}
      aria-label={spoken(props, title)}
    >
      {!screen && <Avatar id={props.participantId} name={props.name} size={rect} />}
      {props.video && (
        <VideoView
          track={props.video}
          mirrored={self && !screen}
          contain={screen}
          remote={!self}
          label={title}
          observe={props.observe}
          observed={props.observed}
        />
      )}
      {(props.notice || props.away) && (
        <p class="tile-notice">{props.away ? strings.personReconnecting : props.notice}</p>
      )}
      <Reactions reactions={props.reactions} />
      {props.hand !== undefined && (
        <span class="hand" title={strings.handNumber(props.hand)}>
          <HandIcon size={18} />
          <span class="hand-place">{props.hand}</span>
        </span>
      )}
      <footer>
        {screen && <ScreenIcon size={15} />}
        {props.muted && !screen && (
          <span class="mark" title={strings.muted}>
            <MicrophoneOffIcon size={15} />
          </span>
        )}
        {props.mutedForMe && (
          <span class="mark" title={strings.mutedForMe}>
            <SoundOffIcon size={15} />
          </span>
        )}
        {props.pinned && (
          <span class="mark plain" title={strings.pinned}>
            <PinIcon size={14} />
          </span>
        )}
        <span class="name">{title}</span>
        {!screen && props.quality && <QualityMark quality={props.quality} reason={props.reason} />}
      </footer>
      {props.menu.length > 0 && (
        <MenuButton
          label={strings.menuOf(title)}
          class="small tile-menu"
          icon={<MoreIcon size={18} />}
          items={props.menu}
        />
      )}
    </article>
  );
}

function spoken(tile: TileProps, title: string): string {
  const parts = [title];
  if (tile.speaking) parts.push(strings.speaking);
  if (tile.muted) parts.push(strings.muted);
  if (tile.hand !== undefined) parts.push(strings.handNumber(tile.hand));
  if (tile.pinned) parts.push(strings.pinned);
  if (tile.away) parts.push(strings.personReconnecting);
  return parts.join(', ');
}

function Avatar({ id, name, size }: { id: string; name: string; size: Rect }) {
  const side = Math.round(Math.min(132, size.height * 0.5, size.width * 0.5));
  const style = `--hue:${hueOf(id)};width:${side}px;font-size:${Math.round(side * 0.36)}px`;
  return (
    <div class="avatar" style={style} aria-hidden="true">
      {initials(name)}
    </div>
  );
}

const kBars: Record<Quality, number> = { excellent: 4, good: 3, fair: 2, poor: 1 };

/** Seen when something is amiss, or when somebody looks closer. */
export function QualityMark({
  quality,
  reason,
}: {
  quality: Quality;
  reason?: string | undefined;
}) {
  const label = reason ? `${strings.quality[quality]}: ${reason}` : strings.quality[quality];
  return (
    <button type="button" class={`quality ${quality}`} aria-label={label} data-hint={label}>
      {[1, 2, 3, 4].map((bar) => (
        <i key={bar} class={bar <= kBars[quality] ? 'lit' : ''} />
      ))}
    </button>
  );
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ''].map((w) => [...(w ?? '')][0]);
  return letters.filter(Boolean).join('').toUpperCase() || '?';
}

// The same person has the same colour on everybody's screen.
export function hueOf(id: string): number {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return hash % 360;
}
