// What a person in a browser sees and hears when the network changes under a call.

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
import { blockUdp, freeUdp } from './namespaces.mjs';

/** A dead path is found after 2.5 s without answers, and another is chosen then. */
const kBlockedMs = 15_000;

export const cases = [
  {
    name: 'UDP is blocked under a call, and later freed: media goes on over TCP by itself',
    needs: ['chromium'],
    async run(t) {
      const server = await startServer(t);
      const publisher = Publisher.start(server);
      try {
        const ada = await joinFar(t, server);
        await ada.seesFlow('publisher-1', 'camera');
        blockUdp();
        const blocked = Date.now();
        // What was on its way is still shown for a moment.
        await new Promise((done) => setTimeout(done, 1000));
        await ada.seesFlow('publisher-1', 'camera', { timeout: kBlockedMs });
        await ada.seesFlow('publisher-1', 'microphone', { timeout: kBlockedMs });
        t.measure('UDP blocked: media is back after', Date.now() - blocked, 'ms');
        await waitFor(
          'the server to tell that media goes over TCP',
          async () => (await pathOf(server, ada))?.transport === 'tcp',
          { explain: () => pathOf(server, ada) },
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
