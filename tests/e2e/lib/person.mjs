// A person in a room: one page of the app, and what can be asked of it.

import { readClient, readStats } from './probe.mjs';
import { waitFor } from './wait.mjs';

/** Decoded frames, or audio samples, beyond which a stream counts as flowing. */
const kFramesToFlow = 5;
const kSamplesToFlow = 4800; // a tenth of a second

export class Person {
  static async join(browser, server, { room, name, video = '320x180@10', ...query }) {
    const person = new Person(await browser.newPage(), server, room, name);
    await person.enter({ video, ...query });
    return person;
  }

  constructor(page, server, room, name) {
    this.page = page;
    this.server = server;
    this.room = room;
    this.name = name;
  }

  async enter(query) {
    const address = new URL(this.server.origin);
    const wanted = { room: this.room, name: this.name, autojoin: '', ...query };
    for (const [key, value] of Object.entries(wanted)) {
      if (value !== undefined) address.searchParams.set(key, value);
    }
    await this.page.goto(address.href);
    await waitFor(
      `${this.name} to be in the room`,
      async () => {
        return (await this.client())?.state === 'joined';
      },
      { explain: () => this.lobbyText() },
    );
  }

  lobbyText() {
    return this.page.evaluate(() => document.body.textContent.slice(0, 400));
  }
  client() {
    return this.page.evaluate(readClient);
  }
  stats() {
    return this.page.evaluate(readStats);
  }

  /** How much of a track of somebody else has been decoded, as statistics tell. */
  async received(from, source) {
    const client = await this.client();
    const other = client.participants.find((p) => p.name === from);
    const track = other?.tracks.find((t) => t.source === source && t.mediaTrack);
    if (!track) return null;
    const inbound = (await this.stats()).flatMap((c) => c.inbound);
    const found = inbound.find((s) => s.track === track.mediaTrack);
    return found ? { ...found, trackId: track.id, layer: track.layer } : null;
  }

  /** Waits until more of the track is decoded than when asked; returns the newest figures. */
  async seesFlow(from, source, { timeout = 25_000 } = {}) {
    const start = await this.received(from, source);
    const before = amount(start, source);
    const enough = source === 'camera' || source === 'screen' ? kFramesToFlow : kSamplesToFlow;
    let now = null;
    return waitFor(
      `${this.name} to decode ${from}'s ${source}`,
      async () => {
        now = await this.received(from, source);
        // A new connection counts from zero again.
        const after = amount(now, source);
        return now && after - (after < before ? 0 : before) >= enough ? now : null;
      },
      { timeout, explain: () => now },
    );
  }

  /** Asks for a layer of somebody's camera, once that is there. */
  wish(from, layer) {
    return waitFor(`${this.name} to wish for ${layer} of ${from}`, () =>
      this.page.evaluate(
        ([name, wanted]) => {
          const { client } = window.parley;
          const other = [...client.participants.values()].find((p) => p.name === name);
          const track = other?.track('camera');
          if (track) client.setLayer(track.id, wanted);
          return Boolean(track);
        },
        [from, layer],
      ),
    );
  }

  async seesEverythingOf(names, options) {
    for (const name of names) {
      await this.seesFlow(name, 'camera', options);
      await this.seesFlow(name, 'microphone', options);
    }
  }

  async seesPeople(names, options) {
    const wanted = [...names].sort().join();
    await waitFor(
      `${this.name} to see exactly ${wanted || 'nobody'}`,
      async () => (await this.peopleSeen()) === wanted,
      { ...options, explain: () => this.peopleSeen() },
    );
  }

  async peopleSeen() {
    const client = await this.client();
    return client.participants
      .map((p) => p.name)
      .sort()
      .join();
  }

  async leave() {
    await this.page.click('[data-control=leave]');
    await this.page.close();
  }

  async dump() {
    const parts = [`--- ${this.name} (${this.page.browser})`];
    for (const read of [() => this.client(), () => this.stats()]) {
      try {
        parts.push(JSON.stringify(await read()));
      } catch (error) {
        parts.push(`(unreadable: ${error.message})`);
      }
    }
    parts.push(...this.page.console.slice(-30));
    return parts.join('\n');
  }
}

function amount(stats, source) {
  if (!stats) return 0;
  if (source === 'camera' || source === 'screen') return stats.frames ?? 0;
  // What a listener makes up because nothing comes counts as received.
  return (stats.samples ?? stats.emitted ?? 0) - (stats.concealed ?? 0);
}

/** Everybody decodes camera and microphone of everybody else. */
export async function everybodySeesEverybody(people, options) {
  const others = (person) => people.filter((p) => p !== person).map((p) => p.name);
  await Promise.all(people.map((person) => person.seesPeople(others(person), options)));
  await Promise.all(people.map((person) => person.seesEverythingOf(others(person), options)));
}
