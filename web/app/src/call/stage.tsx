// The stage: every tile at its place, and the buttons that turn pages. Tiles are laid out by number
// (layout/stage.ts), so that one flat list carries all views and no picture starts anew between them.

import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Rect } from '../layout/grid.js';
import type { StageLayout } from '../layout/stage.js';
import { strings } from '../strings.js';
import { IconButton } from '../ui/button.js';
import { ChevronLeftIcon, ChevronRightIcon, SoundIcon } from '../ui/icons.js';
import type { MenuItem } from '../ui/menu.js';
import type { ShownReaction } from './reactions.js';
import { Tile, type TileData } from './tile.js';

export interface StageProps {
  tiles: readonly TileData[];
  layout: StageLayout;
  pinned: string | null;
  menuFor: (tile: TileData) => MenuItem[];
  reactions: readonly ShownReaction[];
  onPage: (page: number) => void;
  stageRef: RefObject<HTMLDivElement | null>;
  size: { width: number; height: number };
}

export function Stage(props: StageProps) {
  const { layout } = props;
  const still = useStillness(props.size);
  const swipe = useSwipe(layout, props.onPage);
  return (
    <div class={still ? 'stage still' : 'stage'} ref={props.stageRef} {...swipe}>
      {props.tiles.map((tile) => {
        const rect = layout.rects.get(tile.id);
        return (
          rect && (
            <Tile
              key={tile.id}
              {...tile}
              rect={rect}
              pinned={props.pinned === tile.id}
              floating={layout.floating === tile.id}
              menu={props.menuFor(tile)}
              reactions={
                tile.screen ? [] : props.reactions.filter((r) => r.from === tile.participantId)
              }
            />
          )
        );
      })}
      {layout.pages > 1 && <Pager {...props} />}
    </div>
  );
}

function Pager({ tiles, layout, onPage }: StageProps) {
  const { page, pages, turning } = layout;
  const elsewhere = tiles.find((t) => t.speaking && (layout.pageOf.get(t.id) ?? page) !== page);
  const upright = turning.height > turning.width && turning.width < 400;
  return (
    <nav
      class={upright ? 'pager upright' : 'pager'}
      style={placed(turning)}
      aria-label={strings.pageOf(page + 1, pages)}
    >
      <IconButton
        label={strings.previousPage}
        class="small turn back"
        name="previous-page"
        disabled={page === 0}
        onClick={() => onPage(page - 1)}
      >
        <ChevronLeftIcon size={20} />
      </IconButton>
      <span class="page-number" aria-hidden="true">
        {page + 1} / {pages}
      </span>
      {elsewhere && (
        <button
          type="button"
          class="elsewhere"
          onClick={() => onPage(layout.pageOf.get(elsewhere.id)!)}
        >
          <SoundIcon size={16} /> {strings.speakingElsewhere(elsewhere.name)}
        </button>
      )}
      <IconButton
        label={strings.nextPage}
        class="small turn forth"
        name="next-page"
        disabled={page === pages - 1}
        onClick={() => onPage(page + 1)}
      >
        <ChevronRightIcon size={20} />
      </IconButton>
    </nav>
  );
}

function placed({ x, y, width, height }: Rect): string {
  return `left:${x}px;top:${y}px;width:${width}px;height:${height}px`;
}

/** While the window changes its size, tiles follow at once instead of gliding after it. */
function useStillness({ width, height }: { width: number; height: number }): boolean {
  const before = useRef({ width, height });
  const changed = before.current.width !== width || before.current.height !== height;
  useEffect(() => {
    before.current = { width, height };
  });
  return changed;
}

const kSwipe = 60;

/** A finger that goes sideways turns the page. */
function useSwipe(layout: StageLayout, onPage: (page: number) => void) {
  const start = useRef<{ x: number; y: number } | null>(null);
  return {
    onTouchStart: (event: TouchEvent) => {
      const touch = event.touches.length === 1 ? event.touches[0] : undefined;
      start.current = touch ? { x: touch.clientX, y: touch.clientY } : null;
    },
    onTouchEnd: (event: TouchEvent) => {
      const from = start.current;
      const to = event.changedTouches[0];
      start.current = null;
      if (!from || !to || layout.pages < 2) return;
      const [dx, dy] = [to.clientX - from.x, to.clientY - from.y];
      if (Math.abs(dx) < kSwipe || Math.abs(dx) < Math.abs(dy) * 1.5) return;
      const page = layout.page + (dx < 0 ? 1 : -1);
      if (page >= 0 && page < layout.pages) onPage(page);
    },
  };
}
