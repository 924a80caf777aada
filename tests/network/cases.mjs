// What a person in a browser sees and hears when the link becomes narrow under a call.

import { check, waitFor } from '../e2e/lib/wait.mjs';
import {
  heightAt,
  joinFar,
  msUntilHeight,
  Publisher,
  pathOf,
  startServer,
  voice,
} from './call.mjs';
import { blockUdp, freeUdp, limit, unlimit } from './namespaces.mjs';

/** The high layer and voice take 0.95 Mbit/s, the medium one and voice 0.4. */
const kNarrowKbps = 520;
/** After a link is wide again (docs/congestion.md): all is back within this time. */
const kRecoveryMs = 15_000;
/** Chromium leaves a path a second after 2.5 s without answers; the rest is for a busy machine. */
const kBlockedMs = 10_000;
/**
 * What the listener makes up while the queue of 300 ms fills is its length, what overflows before the
 * first feedback says so, and whatever the machine stalls: 180 to 500 ms. A voice that shares the queue
 * with video for longer than that loses seconds.
 */
const kMaxMadeUpMs = 1000;

async function estimateOf(server, person) {
  return (await pathOf(server, person))?.estimateDownBps;
}

/**
 * In the page: the longest times without a packet of voice, and without a new picture, in
 * milliseconds, in `window.__pauses`.
 */
function watchPauses() {
  const pauses = { voice: 0, picture: 0 };
  window.__pauses = pauses;
  const last = {};
  const look = async () => {
    const [connection] = window.parley.client.peerConnections;
    const now = performance.now();
    const all = [...(await connection.getStats()).values()].filter((s) => s.type === 'inbound-rtp');
    const sum = (kind, of) =>
      all.filter((s) => s.kind === kind).reduce((total, s) => total + (s[of] ?? 0), 0);
    for (const [what, count] of [
      ['voice', sum('audio', 'packetsReceived')],
      ['picture', sum('video', 'framesDecoded')],
    ]) {
      if (last[what]?.count !== count) {
        if (last[what]) pauses[what] = Math.max(pauses[what], Math.round(now - last[what].at));
        last[what] = { count, at: now };
      }
    }
    setTimeout(look, 50);
  };
  void look();
}

export const cases = [
  {
    name: 'a link that becomes narrow takes the layer down, never the voice, and both return',
    needs: ['chromium'],
    async run(t) {
      const server = await startServer(t);
      const publisher = Publisher.start(server);
      try {
        const ada = await joinFar(t, server);
        await ada.wish('publisher-1', 'high');
        await msUntilHeight(ada, 720, 30_000);
        await ada.seesFlow('publisher-1', 'microphone');
        const begin = await voice(ada);

        for (const end of ['server', 'browser']) limit(end, kNarrowKbps);
        const down = await msUntilHeight(ada, 360, 10_000);
        t.measure('narrow link: lower layer after', down, 'ms');
        const estimate = await waitFor(
          'the estimate to fall to what the link carries',
          async () => {
            const bps = await estimateOf(server, ada);
            return bps < kNarrowKbps * 1050 ? bps : 0;
          },
          { timeout: 10_000, explain: () => estimateOf(server, ada) },
        );
        t.measure('narrow link: estimate', Math.round(estimate / 1000), 'kbit/s');
        await ada.seesFlow('publisher-1', 'camera');
        await new Promise((done) => setTimeout(done, 5000));
        check((await heightAt(ada)) <= 360, 'the lower layer to stay while the link is narrow');

        for (const end of ['server', 'browser']) unlimit(end);
        const up = await msUntilHeight(ada, 720, kRecoveryMs);
        t.measure('wide link: higher layer after', up, 'ms');
        const end = await voice(ada);
        const lost = end.lost - begin.lost;
        const madeUp = Math.round((end.concealed - begin.concealed) / 48);
        t.measure('narrow link: voice made up', madeUp, 'ms');
        t.measure('narrow link: voice packets lost', lost, '');
        check(madeUp < kMaxMadeUpMs, `the voice to go on, ${madeUp} ms of it were made up`);
      } finally {
        for (const end of ['server', 'browser']) unlimit(end);
        await publisher.stop();
      }
    },
  },
  {
    name: 'UDP is blocked under a call, and later freed: media goes on over TCP by itself',
    needs: ['chromium'],
    async run(t) {
      const server = await startServer(t);
      const publisher = Publisher.start(server);
      try {
        const ada = await joinFar(t, server);
        await ada.seesFlow('publisher-1', 'camera');
        await ada.page.evaluate(watchPauses);
        blockUdp();
        // What was on its way is still shown for a moment.
        await new Promise((done) => setTimeout(done, 1000));
        await Promise.all(
          ['microphone', 'camera'].map((source) =>
            ada.seesFlow('publisher-1', source, { timeout: kBlockedMs }),
          ),
        );
        const { voice, picture } = await ada.page.evaluate(() => window.__pauses);
        t.measure('UDP blocked: voice is back after', voice, 'ms');
        t.measure('UDP blocked: picture is back after', picture, 'ms');
        await waitFor(
          'media to go over TCP',
          async () => (await pathOf(server, ada))?.transport === 'tcp',
          { timeout: 5000, explain: () => pathOf(server, ada) },
        );

        freeUdp();
        await ada.seesFlow('publisher-1', 'camera');
        await ada.seesFlow('publisher-1', 'microphone');
        check((await ada.client()).state === 'joined', 'nobody to have noticed');
      } finally {
        freeUdp();
        await publisher.stop();
      }
    },
  },
];
