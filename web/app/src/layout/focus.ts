// Which tile has the middle of the stage: what the person pinned, else a shared screen, else in
// speaker view whoever speaks.

import type { StageTile } from './stage.js';

export type View = 'grid' | 'speaker';

export interface FocusInput {
  tiles: readonly StageTile[];
  view: View;
  pinned: string | null;
  /** In speaker view. */
  speaker: string | null;
  /** Screens that the person sent back to the grid. */
  dismissed: ReadonlySet<string>;
}

export function focusOf({ tiles, view, pinned, speaker, dismissed }: FocusInput): string | null {
  const has = (id: string | null) => id !== null && tiles.some((t) => t.id === id);
  if (has(pinned)) return pinned;
  // The newest screen. One's own is not shown large: it would show itself in itself.
  const screen = tiles.filter((t) => t.screen && !t.self && !dismissed.has(t.id)).at(-1);
  if (screen) return screen.id;
  if (view === 'speaker' && has(speaker)) return speaker;
  return null;
}
