// What goes wrong, and what the app says then.

import { resolve } from 'node:path';
import { isAccessible } from '../lib/axe.mjs';
import { output } from '../lib/modules.mjs';
import { everybodySeesEverybody } from '../lib/person.mjs';
import { check, waitFor } from '../lib/wait.mjs';
import { has } from './app.mjs';

const picture = (name) => resolve(output, `${name}.png`);
const kDesktop = { width: 1280, height: 800 };

/** The lobby of a browser whose getUserMedia fails as given; `kinds`: for these alone. */
async function lobbyWithout(t, { name, message }, kinds = ['audio', 'video']) {
  const server = await t.server();
  const chromium = await t.chromium();
  const page = await chromium.newPage({ viewport: kDesktop });
  t.watch({ dump: async () => page.console.join('\n') });
  await page.beforeScripts(`(() => {
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      if (${JSON.stringify(kinds)}.some((kind) => constraints[kind])) {
        throw new DOMException(${JSON.stringify(message)}, ${JSON.stringify(name)});
      }
      return real(constraints);
    };
  })()`);
  await page.goto(`${server.origin}/?room=quiet&name=Ada`);
  return page;
}

const explains = (page, code) =>
  waitFor(`the explanation of ${code}`, () => page.evaluate(has, `[data-code=${code}]`), {
    explain: () => page.evaluate(() => document.body.textContent.slice(0, 500)),
  });

export const cases = [
  {
    name: 'the lobby explains why there is no camera, and lets people in without',
    needs: ['chromium'],
    async run(t) {
      const denied = { name: 'NotAllowedError', message: 'Permission denied' };
      const page = await lobbyWithout(t, denied);
      await explains(page, 'permission_denied');
      await page.screenshot(picture('lobby-denied'));
      await isAccessible(page, 'the explanation');
      const steps = await page.evaluate(() => document.querySelectorAll('.problem li').length);
      check(steps > 1, `the way through this browser's settings, got ${steps} steps`);
      await page.click('button[type=submit]');
      await waitFor('the call', () =>
        page.evaluate(() => window.parley.client?.state === 'joined'),
      );
    },
  },
  {
    name: 'the lobby without a camera in the machine',
    needs: ['chromium'],
    async run(t) {
      const missing = { name: 'NotFoundError', message: 'Requested device not found' };
      const page = await lobbyWithout(t, missing, ['video']);
      await explains(page, 'device_missing');
      await page.screenshot(picture('lobby-no-camera'));
      await page.click('button[type=submit]');
      await waitFor('the call with sound', () =>
        page.evaluate(() => {
          const client = window.parley.client;
          return client?.state === 'joined' && client.microphoneOn && !client.cameraOn;
        }),
      );
    },
  },
  {
    name: 'who is not let in keeps the preview, and joins another room with a picture',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server({
        settings: { PARLEY_LIMITS_PARTICIPANTS_PER_ROOM: '2' },
      });
      const chromium = await t.chromium();
      const ada = await t.join(chromium, server, { room: 'full', name: 'Ada' });
      await t.join(chromium, server, { room: 'full', name: 'Bob' });
      const page = await chromium.newPage({ viewport: kDesktop });
      t.watch({ dump: async () => page.console.join('\n') });
      await page.goto(`${server.origin}/?room=full&name=Cyd`);
      const preview = () =>
        page.evaluate(() => {
          const track = document.querySelector('.preview video')?.srcObject?.getVideoTracks()[0];
          return track?.readyState === 'live';
        });
      await waitFor('the preview', preview);
      await page.click('button[type=submit]');
      await explains(page, 'room_full');
      check(await preview(), 'the preview to go on');
      await page.screenshot(picture('lobby-room-full'));

      await ada.leave();
      await waitFor(
        'a free place',
        async () => (await server.room('full')).participants.length < 2,
      );
      await page.click('button[type=submit]');
      await waitFor('the call', () =>
        page.evaluate(() => window.parley.client?.state === 'joined'),
      );
      const sends = () =>
        page.evaluate(async () => {
          const [connection] = window.parley.client.peerConnections;
          const all = [...(await connection.getStats()).values()];
          return all.some((s) => s.type === 'outbound-rtp' && s.framesEncoded > 5);
        });
      await waitFor('pictures to be sent', sends);
    },
  },
  {
    name: 'a camera pulled out in the call is said, and the call goes on',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const ada = await t.join(chromium, server, { room: 'r', name: 'Ada' });
      const bob = await t.join(chromium, server, { room: 'r', name: 'Bob' });
      await everybodySeesEverybody([ada, bob]);
      await ada.page.evaluate(() => {
        // As when a plug is pulled: the track ends, and the device is gone.
        const track = window.parley.client.cameraTrack;
        const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (constraints) => {
          if (constraints.video) throw new DOMException('gone', 'NotFoundError');
          return real(constraints);
        };
        track.stop();
        track.dispatchEvent(new Event('ended'));
      });
      await waitFor('a word of it', () => ada.page.evaluate(has, '.toast[data-code=device_lost]'), {
        explain: () => ada.page.evaluate(() => document.body.textContent.slice(0, 300)),
      });
      await ada.page.screenshot(picture('device-lost'));
      await bob.seesFlow('Ada', 'microphone');
      await ada.seesFlow('Bob', 'camera');
    },
  },
  {
    name: 'a server that answers nonsense is said to be no Parley',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const page = await chromium.newPage({ viewport: kDesktop });
      t.watch({ dump: async () => page.console.join('\n') });
      await page.beforeScripts(() => {
        // Whatever is said, the other side answers what no protocol knows.
        class Nonsense extends EventTarget {
          static OPEN = 1;
          readyState = 0;
          bufferedAmount = 0;
          constructor() {
            super();
            setTimeout(() => {
              this.readyState = 1;
              this.#tell(new Event('open'));
            }, 5);
          }
          #tell(event) {
            this[`on${event.type}`]?.(event);
            this.dispatchEvent(event);
          }
          send() {
            const texts = ['null', '[]', '{"type":7}', '<html>', '{"type":"joined"}', '{"a":'];
            for (const data of texts) {
              setTimeout(() => this.#tell(new MessageEvent('message', { data })), 5);
            }
          }
          close() {
            this.readyState = 3;
            setTimeout(() => this.#tell(new CloseEvent('close', { code: 1000 })), 5);
          }
        }
        window.WebSocket = Nonsense;
      });
      await page.goto(`${server.origin}/?room=r&name=Ada&autojoin`);
      await waitFor('a problem to be shown', () => page.evaluate(has, '.problem[data-code]'), {
        timeout: 30_000,
        explain: () => page.evaluate(() => document.body.textContent.slice(0, 300)),
      });
      await page.screenshot(picture('nonsense'));
      const lines = page.console.filter((line) => line.startsWith('uncaught'));
      check(lines.length === 0, `no error to escape: ${lines.join('; ')}`);
    },
  },
  {
    name: 'a server that goes away is shown, and the call comes back by itself',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const ada = await t.join(chromium, server, { room: 'r', name: 'Ada' });
      const bob = await t.join(chromium, server, { room: 'r', name: 'Bob' });
      await everybodySeesEverybody([ada, bob]);
      await server.kill();
      await waitFor('the banner', () => ada.page.evaluate(has, '[data-banner=reconnecting]'));
      await ada.page.screenshot(picture('reconnecting'));
      await server.startAgain();
      const began = Date.now();
      await everybodySeesEverybody([ada, bob]);
      t.measure('server back: everybody sees everybody after', Date.now() - began, 'ms');
    },
  },
];
