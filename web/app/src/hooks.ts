// What tests and a curious person at the console may look at: `window.parley`.

import type { ConferenceClient } from '@parley/client';

export interface PageHooks {
  client: ConferenceClient | null;
  /** performance.now() when the person pressed join. */
  joinPressedAt: number | null;
  joinedAt: number | null;
  /** When the first picture of somebody else was there to be shown. */
  firstFrameAt: number | null;
}

declare global {
  interface Window {
    parley: PageHooks;
  }
}

export function installHooks(): void {
  window.parley = { client: null, joinPressedAt: null, joinedAt: null, firstFrameAt: null };
}

export function markFirstFrame(): void {
  window.parley.firstFrameAt ??= performance.now();
}
