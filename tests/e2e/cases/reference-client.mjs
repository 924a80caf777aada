// The reference client, verbatim: a plain JavaScript class that knows only the basic messages of
// the protocol. Its text is read from the document that PARLEY_SEED names and is no part of this
// repository; without the document the case is skipped.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { root } from '../lib/modules.mjs';
import { readStats } from '../lib/probe.mjs';
import { check, waitFor } from '../lib/wait.mjs';

const kDocument = resolve(root, process.env.PARLEY_SEED ?? '../shared/seed.md');
const kClass = 'ConferenceClient';
const kRoom = 'reference';
const kPeople = 3;
const kFrames = 10;
const kSamples = 24_000; // half a second

/** The class as it stands in the document: from its first line to the brace that ends it. */
function classText(document) {
  const lines = document.split('\n');
  const first = lines.findIndex((line) => line.startsWith(`class ${kClass} `));
  const length = lines.slice(first).indexOf('}');
  check(first >= 0 && length > 0, `a class ${kClass} in ${kDocument}`);
  return lines.slice(first, first + length + 1).join('\n');
}

/** Runs in the page: joins, and attaches each track that comes to an element of its own. */
async function joinWith({ name, url, room }) {
  const client = new window[name](url, room);
  window.__client = client;
  const attached = new Set();
  client.onRemoteStream = (_peer, stream) => {
    for (const track of stream.getTracks()) {
      if (attached.has(track.id)) continue;
      attached.add(track.id);
      const element = document.createElement(track.kind);
      element.autoplay = true;
      element.muted = track.kind === 'video';
      element.srcObject = new MediaStream([track]);
      document.body.append(element);
      element.play().catch(() => {});
    }
  };
  await client.join({ video: { width: 320, height: 180, frameRate: 10 }, audio: true });
}

class ReferencePage {
  constructor(page, name) {
    this.page = page;
    this.name = name;
    this.room = kRoom;
  }
  async inbound() {
    return (await this.page.evaluate(readStats)).flatMap((c) => c.inbound);
  }
  async dump() {
    const stats = await this.page.evaluate(readStats);
    return [`--- ${this.name}`, JSON.stringify(stats), ...this.page.console.slice(-30)].join('\n');
  }
}

const amountOf = (s) => (s.kind === 'video' ? s.frames : (s.samples ?? s.emitted)) ?? 0;

/** Each track of the others on its own: decoded, and more of it than before. */
async function decodesTheOthers(person) {
  const wanted = kPeople - 1;
  let streams = [];
  await waitFor(
    `${person.name} to decode picture and sound of ${wanted} others`,
    async () => {
      streams = await person.inbound();
      const flowing = (kind, least) =>
        streams.filter((s) => s.kind === kind && amountOf(s) >= least).length;
      return flowing('video', kFrames) >= wanted && flowing('audio', kSamples) >= wanted;
    },
    { timeout: 40_000, explain: () => streams },
  );
  const before = new Map(streams.map((s) => [s.track, amountOf(s)]));
  await waitFor(`all tracks of ${person.name} to go on`, async () => {
    const now = await person.inbound();
    return now.every((s) => amountOf(s) > (before.get(s.track) ?? 0) + 3);
  });
}

async function run(t) {
  if (!existsSync(kDocument)) t.skip(`no ${kDocument}; set PARLEY_SEED to the document`);
  const source = classText(readFileSync(kDocument, 'utf8'));
  const server = await t.server();
  const chromium = await t.chromium();
  const people = [];
  for (let i = 1; i <= kPeople; i += 1) {
    const page = await chromium.newPage();
    const person = t.watch(new ReferencePage(page, `Reference ${i}`));
    people.push(person);
    // An empty page of the same origin: the class brings its own life.
    await page.goto(`${server.origin}/healthz`);
    await page.evaluate(`${source}\nwindow.${kClass} = ${kClass};`);
    await page.evaluate(joinWith, {
      name: kClass,
      url: server.signalUrl.replace('127.0.0.1', 'localhost'),
      room: kRoom,
    });
  }
  await Promise.all(people.map(decodesTheOthers));

  // Somebody leaves: the others go on, and see no dead connection of their own.
  const gone = people.pop();
  t.people.splice(t.people.indexOf(gone), 1);
  await gone.page.evaluate(() => window.__client.leave());
  await waitFor('the room to have two people', async () => {
    return (await server.room(kRoom))?.participants?.length === kPeople - 1;
  });
  await Promise.all(
    people.map(async (person) => {
      const before = new Map((await person.inbound()).map((s) => [s.track, amountOf(s)]));
      await waitFor(`${person.name} to go on with one other`, async () => {
        const now = await person.inbound();
        const kinds = now.filter((s) => amountOf(s) > (before.get(s.track) ?? 0) + 3);
        return new Set(kinds.map((s) => s.kind)).size === 2;
      });
    }),
  );
}

export const cases = [
  { name: 'the reference client, verbatim, in a room of three', needs: ['chromium'], run },
];
