// What all examples share: elements by id, the page's query, and errors in words.

import { ParleyError } from '@parley/client';

export function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element "${id}"`);
  return found as T;
}

const query = new URLSearchParams(location.search);
export const room = query.get('room') ?? 'example';
export const userName = query.get('name') ?? 'Guest';
/** For a server elsewhere: `?server=wss://meet.example.org/signal`. */
export const server = query.get('server') ?? undefined;

export function show(text: string): void {
  element('status').textContent = text;
}

export function explain(error: unknown): void {
  show(error instanceof ParleyError ? `${error.message} ${error.remedy}` : String(error));
}
