// A turned phone turns what its camera delivers, at once or a little later and often without a word:
// so the camera is looked at again for a while.

import type { Platform } from './platform.js';

const kLooksMs = [0, 300, 1000, 3000];

/** Calls back whenever the camera's size may be another one; returns the function that stops it. */
export function watchTurns(platform: Platform, look: () => void): () => void {
  let timers: unknown[] = [];
  const cancel = () => {
    for (const timer of timers) platform.clearTimer(timer);
    timers = [];
  };
  const stop = platform.page.onTurn(() => {
    cancel();
    timers = kLooksMs.map((after) => platform.setTimer(look, after));
  });
  return () => {
    stop();
    cancel();
  };
}
