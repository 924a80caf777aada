import type { CryptorStats } from './cryptor.js';
import type { Octets } from './octets.js';

/** Which way frames go. */
export interface Way {
  side: 'send' | 'receive';
  kind: 'audio' | 'video';
}

export type ToWorker =
  | { type: 'useKey'; ticket: number; kid: number; baseKey: Octets }
  | { type: 'addKey'; ticket: number; sender: string; kid: number; baseKey: Octets }
  | { type: 'forget'; sender: string }
  | {
      type: 'streams';
      // biome-ignore lint/suspicious/noExplicitAny: encoded frames, which the DOM's types leave out
      readable: ReadableStream<any>;
      // biome-ignore lint/suspicious/noExplicitAny: as above
      writable: WritableStream<any>;
      way: Way;
    };

export type FromWorker =
  | { type: 'done'; ticket: number; error?: string }
  | { type: 'stats'; stats: CryptorStats }
  | { type: 'failed'; reason: string };
