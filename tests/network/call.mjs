// A call over the cable: a server on its host, a publisher beside it (parley load), and a page in a
// browser on the other host that watches and listens.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { binary, Server } from '../e2e/lib/server.mjs';
import { waitFor } from '../e2e/lib/wait.mjs';
import { onServerHost, serverAddress } from './namespaces.mjs';

const kSecret = 'a secret of tests that is long enough';
const kSettings = { PARLEY_ACCESS_SECRET: kSecret, PARLEY_ADMIN_KEY: `${kSecret} for its API` };
export const kRoom = 'far';

export const token = (identity) =>
  Server.run(['token', '--room', kRoom, '--identity', identity], kSettings).trim();

export function startServer(t) {
  return t.server({
    host: serverAddress,
    within: onServerHost,
    port: 8443,
    mediaPort: 40000,
    tls: true,
    settings: kSettings,
  });
}

/** Three simulcast layers (180, 360 and 720 lines) of 1.3 Mbit/s together, and voice. */
export class Publisher {
  static start(server) {
    const [program, ...rest] = onServerHost;
    const child = spawn(
      program,
      [
        ...[...rest, binary, 'load', '--url', server.signalUrl, '--insecure', '--json'],
        ...['--room', kRoom, '--token', token('load'), '--publishers', '1', '--subscribers', '0'],
        ...['--simulcast', '--audio', '--video', '1300kbps', '--duration', '180s'],
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    return new Publisher(child);
  }
  constructor(child) {
    this.child = child;
    this.done = once(child, 'exit');
  }
  async stop() {
    if (this.child.exitCode === null) this.child.kill('SIGINT');
    await this.done;
  }
}

export async function joinFar(t, server, name = 'Ada') {
  const chromium = await t.chromium({ insecureTls: true });
  return t.join(chromium, server, { room: kRoom, name, token: token(name) });
}

/** What the API says of the path to the person. */
export async function pathOf(server, person) {
  const room = await server.room(kRoom);
  return room?.participants.find((p) => p.metadata.name === person.name)?.media ?? null;
}

export const heightAt = async (person) => (await person.received('publisher-1', 'camera'))?.height;

/**
 * Waits for the picture to have this many lines; returns after how many milliseconds it had them.
 */
export async function msUntilHeight(person, height, timeout) {
  const began = Date.now();
  await waitFor(`a picture of ${height} lines`, async () => (await heightAt(person)) === height, {
    timeout,
    explain: () => person.received('publisher-1', 'camera'),
  });
  return Date.now() - began;
}

/** Counts of the listener's jitter buffer; `since` an earlier reading, the share that it made up. */
export async function voice(person) {
  const now = await person.received('publisher-1', 'microphone');
  return { samples: now.samples, concealed: now.concealed - now.silent, lost: now.lost };
}
