// One side of a call between two: a page of the examples, which keeps its WebRTCConnection in
// `window.call`.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { root } from './modules.mjs';
import { readStats } from './probe.mjs';
import { waitFor } from './wait.mjs';

export const examples = resolve(root, 'build/examples');

/** A server that serves the examples in the app's place. */
export function exampleServer(t, options = {}) {
  if (!existsSync(resolve(examples, 'one-to-one/index.html'))) {
    throw new Error('the examples are not built: run "npm run examples" in web/');
  }
  return t.server({ ...options, args: ['--web', examples, ...(options.args ?? [])] });
}

export class Caller {
  static async open(t, browser, server, { example = 'one-to-one', room, name }) {
    const caller = t.watch(new Caller(await browser.newPage(), room, name));
    const query = new URLSearchParams({ room, name });
    await caller.page.goto(`${server.origin}/${example}/index.html?${query}`);
    return caller;
  }

  constructor(page, room, name) {
    this.page = page;
    this.room = room;
    this.name = name;
  }

  state() {
    return this.page.evaluate(() => window.call?.state);
  }

  is(state, options) {
    return waitFor(
      `${this.name}'s call to be ${state}`,
      async () => (await this.state()) === state,
      {
        explain: () => this.state(),
        ...options,
      },
    );
  }

  stats() {
    return this.page.evaluate(readStats);
  }

  /** What is decoded of the other side, over all connections of the page that are open. */
  async decoded(kind) {
    const inbound = (await this.stats()).flatMap((c) => c.inbound).filter((s) => s.kind === kind);
    const amounts = inbound.map((s) => (kind === 'video' ? s.frames : s.samples) ?? 0);
    return amounts.reduce((sum, n) => sum + n, 0);
  }

  async seesFlow(kind, options = {}) {
    let before = await this.decoded(kind);
    const enough = kind === 'video' ? 5 : 4800;
    return waitFor(
      `${this.name} to decode ${kind}`,
      async () => {
        const now = await this.decoded(kind);
        if (now < before) before = 0; // a new connection counts from zero
        return now - before >= enough;
      },
      { timeout: 25_000, explain: () => this.stats(), ...options },
    );
  }

  async dump() {
    const text = await this.page.evaluate(() => document.body.innerText.slice(0, 500));
    const state = await this.state();
    return [
      `--- ${this.name}: ${state}`,
      text,
      JSON.stringify(await this.stats(), null, 1),
      ...this.page.console,
    ].join('\n');
  }
}
