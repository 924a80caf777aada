// The token of an invitation names one person, so it does not stay in the address, which people
// copy, bookmark and show on shared screens. The tab keeps it for its room, so that a reload still
// leads in.

const kKey = 'parley.token';

interface Kept {
  room: string;
  token: string;
}

/** False where the browser keeps nothing: the address is all that a reload has then. */
export function keepToken(room: string, token: string, storage = tabStorage()): boolean {
  try {
    storage?.setItem(kKey, JSON.stringify({ room, token } satisfies Kept));
    return storage !== null;
  } catch {
    return false;
  }
}

/** The token that was kept for this room; empty if there is none. */
export function keptToken(room: string, storage = tabStorage()): string {
  try {
    const kept: Partial<Kept> | null = JSON.parse(storage?.getItem(kKey) ?? 'null');
    return kept?.room === room && typeof kept.token === 'string' ? kept.token : '';
  } catch {
    return '';
  }
}

function tabStorage(): Storage | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null; // a page without an origin of its own
  }
}
