// What `parley load` must find and send.

import { check, waitFor } from '../e2e/lib/wait.mjs';
import { Loader, load } from './loader.mjs';

const kNumbers = [
  'joined',
  'join_ms_p50',
  'join_ms_p99',
  'packets_expected',
  'packets_received',
  'loss',
  'delay_ms_p50',
  'delay_ms_p99',
  'duration_s',
];

/** Everybody joined and nothing was lost; the counts are those that the rates make. */
function checkClean(result, { joined, receivers, packetsPerSecond }) {
  for (const key of kNumbers) check(typeof result[key] === 'number', `a number in ${key}`);
  check(result.code === 0, `exit code 0, got ${result.code}`);
  check(result.joined === joined, `${joined} joined, got ${result.joined}`);
  check(result.loss === 0 && result.gaps === 0, `no loss, got ${result.loss}, ${result.gaps} gaps`);
  check(result.packets_received === result.packets_expected, 'as many received as expected');
  if (packetsPerSecond) {
    const wanted = receivers * packetsPerSecond * result.duration_s;
    const share = result.packets_received / wanted;
    check(share > 0.9 && share < 1.1, `some ${wanted} packets, got ${result.packets_received}`);
  }
  check(
    result.delay_ms_p50 > 0 && result.delay_ms_p50 < 200,
    `a delay, got ${result.delay_ms_p50}`,
  );
}

/** Of a server whose rooms spread: so many members on a thread before the other gets some. */
function twoThreads(members) {
  return { PARLEY_MEDIA_THREADS: '2', PARLEY_MEDIA_SPREAD_ABOVE: String(members) };
}

/** A page of the app in the room decodes the publisher's video, of this size in the end. */
function shown(codec, args, { width }) {
  return {
    name: `a browser shows ${codec}${args.length ? ` with ${args.join(' ')}` : ''}`,
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const room = 'shown';
      const loader = new Loader(server, [
        ...['--room', room, '--publishers', '1', '--subscribers', '1', '--audio'],
        ...['--codec', codec, '--duration', '60s', ...args],
      ]);
      const person = await t.join(chromium, server, { room, name: 'Ada' });
      // Its tile is smaller than the largest layer, which it would not get unasked.
      await person.wish('publisher-1', 'high');
      await person.seesFlow('publisher-1', 'camera');
      await person.seesFlow('publisher-1', 'microphone');
      let seen = null;
      await waitFor(
        `a picture ${width} wide`,
        async () => {
          seen = await person.received('publisher-1', 'camera');
          return seen?.width === width;
        },
        { explain: () => seen },
      );
      await person.seesFlow('publisher-1', 'camera');
      loader.interrupt();
      const result = await loader.result();
      check(result.interrupted && result.code === 0, 'an early end in good order');
      check(result.loss === 0, `no loss, got ${result.loss}`);
    },
  };
}

export const cases = [
  {
    name: 'two publishers and ten subscribers lose nothing',
    needs: [],
    async run(t) {
      const server = await t.server();
      const result = await load(server, [
        ...['--room', 'r', '--publishers', '2', '--subscribers', '10', '--audio'],
        ...['--video', '660kbps', '--duration', '4s'],
      ]);
      // 30 frames of three packets, and 50 of audio, from each of two publishers.
      checkClean(result, { joined: 12, receivers: 10, packetsPerSecond: 2 * (30 * 3 + 50) });
      t.measure('delay with 10 subscribers, p50', result.delay_ms_p50, 'ms');
      t.measure('join, p50', result.join_ms_p50, 'ms');
    },
  },
  ...['vp8', 'vp9', 'av1', 'h264'].map((codec) => ({
    name: `${codec} loses nothing, spread evenly`,
    needs: [],
    async run(t) {
      const server = await t.server();
      const args = ['--codec', codec, '--subscribers', '3', '--duration', '2s', '--spread'];
      checkClean(await load(server, args), { joined: 4 });
    },
  })),
  ...[
    ['simulcast', ['--simulcast']],
    ['spatial layers of vp9', ['--svc', '--codec', 'vp9']],
    ['spatial layers of av1', ['--svc', '--codec', 'av1']],
  ].map(([name, args]) => ({
    name: `${name} reach subscribers without gaps`,
    needs: [],
    async run(t) {
      const server = await t.server();
      const result = await load(server, [...args, '--subscribers', '3', '--duration', '4s']);
      checkClean(result, { joined: 4 });
      check(result.bitrate_bps > 3 * 80_000, `video, got ${result.bitrate_bps} bit/s`);
    },
  })),
  {
    name: 'a room spread over two media threads loses nothing, and each packet crosses once',
    needs: [],
    async run(t) {
      const server = await t.server({ settings: twoThreads(4) });
      const result = await load(server, [
        ...['--room', 'm', '--publishers', '8', '--subscribers', '0', '--meeting', '--audio'],
        ...['--video', '150kbps', '--duration', '4s'],
      ]);
      checkClean(result, { joined: 8, receivers: 8, packetsPerSecond: 7 * (30 + 50) });
      const { body } = await server.get('/metrics');
      const value = (name) => Number(body.match(new RegExp(`^${name} (\\S+)$`, 'm'))?.[1] ?? 0);
      for (const thread of [0, 1]) {
        const relayed = value(`parley_media_relayed_packets_total{thread="${thread}"}`);
        // Four publishers on the other thread; the figure is a second old, and joins come before.
        const wanted = 4 * (30 + 50) * result.duration_s;
        check(relayed > 0.6 * wanted && relayed < 2.5 * wanted, `some ${wanted}, got ${relayed}`);
      }
      check(value('parley_media_drops_total{reason="relay_full"}') === 0, 'none was dropped');
      t.measure('delay across threads, p50', result.delay_ms_p50, 'ms');
    },
  },
  {
    name: 'a meeting in each of two rooms: all receive all others, no room hears another',
    needs: [],
    async run(t) {
      const server = await t.server();
      const result = await load(server, [
        ...['--room', 'm', '--rooms', '2', '--publishers', '4', '--subscribers', '0', '--meeting'],
        ...['--audio', '--video', '150kbps', '--duration', '3s'],
      ]);
      checkClean(result, { joined: 8, receivers: 8, packetsPerSecond: 3 * (30 + 50) });
    },
  },
  {
    name: 'publishers that hold no meeting receive nothing',
    needs: [],
    async run(t) {
      const server = await t.server();
      const result = await load(server, [
        '--publishers',
        '3',
        '--subscribers',
        '0',
        '--duration',
        '2s',
      ]);
      check(result.joined === 3 && result.receivers === 0, 'three that only send');
      check(result.packets_sent > 0 && result.packets_received === 0, 'only sent packets');
    },
  },
  {
    name: 'losses of its own links are repaired, its delay is seen',
    needs: [],
    async run(t) {
      const server = await t.server();
      const result = await load(server, [
        ...['--subscribers', '4', '--video', '600kbps', '--duration', '5s'],
        ...['--loss', '2%', '--delay', '20ms'],
      ]);
      check(result.joined === 5, `5 joined, got ${result.joined}`);
      check(result.packets_recovered > 10, `repairs, got ${result.packets_recovered}`);
      check(result.loss < 0.02, `less loss than the links have, got ${result.loss}`);
      check(result.delay_ms_p50 > 40 && result.delay_ms_p50 < 120, `${result.delay_ms_p50} ms`);
    },
  },
  {
    name: 'a refusal is told with its remedy, and ends with code 1',
    needs: [],
    async run(t) {
      const server = await t.server({ settings: { PARLEY_LIMITS_PARTICIPANTS_PER_ROOM: '2' } });
      const result = await load(server, ['--subscribers', '3', '--duration', '1s', '--audio']);
      check(result.code === 1, `exit code 1, got ${result.code}`);
      check(result.joined === 2 && result.failures.refused?.count === 2, JSON.stringify(result));
      check(/full/i.test(result.failures.refused.text), result.failures.refused.text);
    },
  },
  {
    name: 'a room that needs a token is joined with one',
    needs: [],
    async run(t) {
      const settings = { PARLEY_ACCESS_SECRET: 'a secret of tests that is long enough' };
      const server = await t.server({ settings });
      const without = await load(server, ['--room', 'r', '--duration', '1s']);
      check(without.code === 1 && without.joined === 0, 'nobody without a token');
      const { Server } = await import('../e2e/lib/server.mjs');
      const token = Server.run(['token', '--room', 'r', '--identity', 'load'], settings).trim();
      const result = await load(server, ['--room', 'r', '--duration', '1s', '--token', token]);
      checkClean(result, { joined: 2 });
    },
  },
  {
    name: 'signaling goes over TLS, and a certificate that nobody vouches for is refused',
    needs: [],
    async run(t) {
      const server = await t.server({ tls: true });
      const args = ['--subscribers', '2', '--duration', '1s'];
      const refused = await load(server, args);
      check(refused.code === 1 && refused.joined === 0, 'nobody without trust');
      check(/--insecure/.test(refused.failures.signaling?.text), JSON.stringify(refused.failures));
      checkClean(await load(server, [...args, '--insecure']), { joined: 3 });
    },
  },
  shown('vp8', [], { width: 1280 }),
  shown('vp9', [], { width: 1280 }),
  shown('h264', ['--video', '500kbps'], { width: 640 }),
  shown('av1', ['--video', '500kbps'], { width: 640 }),
  shown('vp8', ['--simulcast'], { width: 1280 }),
  shown('vp9', ['--svc'], { width: 1280 }),
  shown('av1', ['--svc'], { width: 1280 }),
];
