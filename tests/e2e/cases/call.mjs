// Calls between two by WebRTCConnection, straight from browser to browser, in the pages of the
// examples: media and data both ways, a file, a shared screen, and coming back.

import { Caller, exampleServer } from '../lib/caller.mjs';
import { check, waitFor } from '../lib/wait.mjs';

const kFileBytes = 3_000_000;

export const cases = [
  ...['chromium', 'firefox'].map((name) => ({
    name: `a call between two in ${name}: both see, hear and write`,
    needs: [name],
    async run(t) {
      const server = await exampleServer(t);
      const browser = await t[name]();
      await bothWays(t, server, [browser, browser]);
    },
  })),
  {
    name: 'a call between Chromium and Firefox',
    needs: ['chromium', 'firefox'],
    async run(t) {
      const server = await exampleServer(t);
      const browsers = await Promise.all([t.chromium(), t.firefox()]);
      await bothWays(t, server, browsers);
    },
  },
  ...[['chromium'], ['firefox'], ['chromium', 'firefox']].map((needs) => ({
    name: `a file over a data channel, ${needs.join(' to ')}`,
    needs,
    async run(t) {
      const server = await exampleServer(t);
      const browsers = [];
      for (const name of needs) browsers.push(await t[name]());
      const [first, second = first] = browsers;
      await file(t, server, [first, second]);
    },
  })),
  {
    name: 'a shared screen takes the camera’s place and gives it back',
    needs: ['chromium'],
    async run(t) {
      const server = await exampleServer(t);
      // Without a person to choose, the browser takes this.
      const chromium = await t.chromium({ flags: ['--auto-select-desktop-capture-source=Entire'] });
      const [ada, bob] = await pair(t, server, [chromium, chromium], 'screen-share');
      const before = await ada.page.evaluate(() => window.call.pc.getTransceivers().length);
      await ada.page.click('#share');
      const sharing = () => bob.page.evaluate(() => window.call.remoteMedia?.screen);
      await waitFor('the other side to be told', sharing);
      await bob.seesFlow('video');
      await ada.page.click('#stop');
      await waitFor('the other side to be told', async () => !(await sharing()));
      await bob.seesFlow('video');
      const after = await ada.page.evaluate(() => [
        window.call.pc.getTransceivers().length,
        window.call.cameraTrack.readyState,
      ]);
      check(after[1] === 'live', 'the camera to be on again');
      check(after[0] <= before + 1, 'no new section but for the sound of the screen');
    },
  },
  {
    name: 'the conference example shows both people to each other',
    needs: ['chromium'],
    async run(t) {
      const server = await exampleServer(t);
      const chromium = await t.chromium();
      const open = (name) =>
        Caller.open(t, chromium, server, { example: 'conference', room: 'talk', name });
      const people = [await open('Ada'), await open('Bob')];
      for (const person of people) {
        await person.seesFlow('video');
        await person.seesFlow('audio');
        const shown = () =>
          person.page.evaluate(() => {
            const video = document.querySelector('figure video');
            return video?.videoWidth > 0 && document.querySelector('figcaption').textContent;
          });
        const other = people.find((p) => p !== person).name;
        await waitFor('a tile with a picture', async () => (await shown()) === other);
      }
      await people[1].page.click('#leave');
      await waitFor('the tile to go', () =>
        people[0].page.evaluate(() => !document.querySelector('figure')),
      );
    },
  },
  {
    name: 'the processing example sends what the chain made',
    needs: ['chromium'],
    async run(t) {
      const server = await exampleServer(t);
      const chromium = await t.chromium();
      const [ada, bob] = await pair(t, server, [chromium, chromium], 'processing');
      await bob.seesFlow('video');
      await bob.seesFlow('audio');
      await ada.page.evaluate(() => {
        const background = document.querySelector('#background');
        background.value = 'image';
        background.onchange();
      });
      await waitFor('the chain to run', () =>
        ada.page.evaluate(() => {
          const { audio, video } = window.processor.stats();
          return audio && video?.frames > 10 && video.segmenting;
        }),
      );
      await bob.seesFlow('video');
    },
  },
  {
    name: 'a call survives a dropped socket, a dead connection and a restarted server',
    needs: ['chromium'],
    async run(t) {
      const server = await exampleServer(t);
      const chromium = await t.chromium();
      const [ada, bob] = await pair(t, server, [chromium, chromium]);
      await ada.page.evaluate(() => window.__probe.sockets.at(-1).close(4999));
      await bob.seesFlow('video');

      // Nothing that a page does to its connection makes ICE restarts useless: take a new one.
      const began = Date.now();
      await ada.page.evaluate(() => window.call.reconnect());
      await Promise.all([ada.is('connected'), bob.is('connected')]);
      await Promise.all([ada.seesFlow('video'), bob.seesFlow('video')]);
      t.measure('a new connection of a call shows a picture after', Date.now() - began, 'ms');
      await write(ada, bob, 'after the new connection');

      await server.kill();
      await bob.seesFlow('video');
      await server.startAgain();
      await waitFor('both to be in the room again', async () => {
        const room = await server.room('call');
        return room?.participants?.length === 2;
      });
      // Signals find their way again: a new connection needs them.
      await bob.page.evaluate(() => window.call.reconnect());
      await Promise.all([ada.is('connected'), bob.is('connected')]);
      await Promise.all([ada.seesFlow('video'), bob.seesFlow('video')]);
    },
  },
];

async function pair(t, server, [first, second], example) {
  const ada = await Caller.open(t, first, server, { example, room: 'call', name: 'Ada' });
  await ada.is('waiting');
  const bob = await Caller.open(t, second, server, { example, room: 'call', name: 'Bob' });
  await Promise.all([ada.is('connected'), bob.is('connected')]);
  return [ada, bob];
}

async function bothWays(t, server, browsers) {
  const people = await pair(t, server, browsers);
  for (const person of people) {
    await person.seesFlow('video');
    await person.seesFlow('audio');
  }
  const [ada, bob] = people;
  await write(ada, bob, 'hello');
  await write(bob, ada, '{"looks like":"JSON"}');

  // Off and on again, without a word of negotiation.
  await bob.page.click('#camera');
  await waitFor('Ada to be told', () => ada.page.evaluate(() => !window.call.remoteMedia.camera));
  await bob.page.click('#camera');
  await waitFor('Ada to be told', () => ada.page.evaluate(() => window.call.remoteMedia.camera));
  await ada.seesFlow('video');

  const figures = await waitFor('statistics with rates that count the data', () =>
    ada.page.evaluate(() => {
      const { inbound, outbound, transport, data } = window.call.statsHistory.at(-1);
      const full =
        inbound.some((s) => s.bitsPerSecond > 0) && outbound.some((s) => s.bitsPerSecond);
      // The newest snapshot may be older than the message.
      return full && data.messagesSent >= 1 && { transport, data };
    }),
  );
  check(figures.transport.localCandidateType === 'host', 'the path to be named');

  await bob.page.click('#hang-up');
  await ada.is('waiting');
  const live = await bob.page.evaluate(() => [window.call.state, window.call.cameraTrack]);
  check(live[0] === 'closed' && live[1] === null, 'everything to be released');
}

async function write(from, to, text) {
  await from.page.fill('#text', text);
  await from.page.press('Enter');
  await waitFor(`${to.name} to read "${text}"`, () =>
    to.page.evaluate(
      (t) => document.querySelector('#messages').innerText.includes(`They: ${t}`),
      text,
    ),
  );
}

async function file(t, server, browsers) {
  const [ada, bob] = await pair(t, server, browsers, 'file-transfer');
  const began = Date.now();
  const digest = await ada.page.evaluate(async (size) => {
    const octets = new Uint8Array(size);
    for (let i = 0; i < size; i += 65536) {
      crypto.getRandomValues(octets.subarray(i, Math.min(size, i + 65536)));
    }
    void window.sendFile(new File([octets], 'noise.bin'));
    const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', octets));
    return [...sum].map((b) => b.toString(16).padStart(2, '0')).join('');
  }, kFileBytes);
  const arrived = await waitFor(
    'the file to arrive',
    () =>
      bob.page.evaluate(async () => {
        const [file] = window.files;
        if (!file) return null;
        const octets = await file.arrayBuffer();
        const link = document.querySelector('#received a');
        const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', octets));
        const text = [...sum].map((b) => b.toString(16).padStart(2, '0')).join('');
        return { name: link.download, digest: text, size: octets.byteLength };
      }),
    { timeout: 60_000, explain: () => bob.page.evaluate(() => document.body.innerText) },
  );
  t.measure(`a file of ${kFileBytes / 1e6} MB takes`, Date.now() - began, 'ms');
  check(arrived.digest === digest, 'the same octets');
  check(arrived.name === 'noise.bin' && arrived.size === kFileBytes, 'name and size');
  await waitFor('the sender to know', () =>
    ada.page.evaluate(() => document.querySelector('#status').innerText.includes('was sent')),
  );
}
