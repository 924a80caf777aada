// Reactions rise over the tile of whoever sent them, and are gone after a few seconds.

import type { ConferenceClient } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';

/** What the app offers; others are shown as they come. */
export const kReactions = ['👍', '👏', '❤️', '😂', '😮', '🎉'] as const;

const kShownMs = 3500;
/** More at a time are a wall, not a cheer. */
const kMostShown = 40;

export interface ShownReaction {
  key: number;
  from: string;
  reaction: string;
}

export function useReactions(client: ConferenceClient): readonly ShownReaction[] {
  const [shown, setShown] = useState<ShownReaction[]>([]);
  useEffect(() => {
    let last = 0;
    const timers = new Set<ReturnType<typeof setTimeout>>();
    const off = client.on('reaction', ({ from, reaction }) => {
      const key = ++last;
      setShown((all) => [...all, { key, from, reaction }].slice(-kMostShown));
      const timer = setTimeout(() => {
        timers.delete(timer);
        setShown((all) => all.filter((r) => r.key !== key));
      }, kShownMs);
      timers.add(timer);
    });
    return () => {
      off();
      for (const timer of timers) clearTimeout(timer);
    };
  }, [client]);
  return shown;
}

export function Reactions({ reactions }: { reactions: readonly ShownReaction[] }) {
  if (reactions.length === 0) return null;
  return (
    <div class="reactions" aria-hidden="true">
      {reactions.map(({ key, reaction }) => (
        <span key={key} style={`--drift:${((key * 37) % 60) - 30}px`}>
          {reaction}
        </span>
      ))}
    </div>
  );
}
