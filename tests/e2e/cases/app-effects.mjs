// Background and noise suppression, chosen in the lobby and changed in the call.

import { resolve } from 'node:path';
import { isAccessible } from '../lib/axe.mjs';
import { output } from '../lib/modules.mjs';
import { everybodySeesEverybody, Person } from '../lib/person.mjs';
import { check, waitFor } from '../lib/wait.mjs';

const picture = (name) => resolve(output, `${name}.png`);

/** A track that a processor makes is not the device's own. */
const processed = (kind) => {
  const { client } = window.parley;
  const track = kind === 'video' ? client.cameraTrack : client.microphoneTrack;
  return track !== null && Object.hasOwn(track, 'getSettings');
};

export const cases = [
  {
    name: 'a blurred background from the lobby on, another in the call, and clean sound',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const page = await chromium.newPage({ viewport: { width: 1280, height: 800 } });
      const ada = t.watch(new Person(page, server, 'r', 'Ada'));
      await page.goto(`${server.origin}/?room=r&name=Ada&video=320x180@10`);
      const shows = () =>
        page.evaluate(() => document.querySelector('.mirror video')?.videoWidth > 0);
      await waitFor('the preview', shows);
      await page.evaluate(() => {
        const menu = document.querySelector('select[name=background]');
        menu.value = 'blur';
        menu.dispatchEvent(new Event('change', { bubbles: true }));
      });
      await waitFor('what blurs to be loaded', () =>
        page.evaluate(() =>
          performance.getEntriesByType('resource').some((e) => e.name.includes('/media/')),
        ),
      );
      await waitFor('the preview again', shows);
      await page.screenshot(picture('lobby-blurred'));
      await isAccessible(page, 'the lobby with effects');
      await page.click('button[type=submit]');
      await waitFor('Ada to be in the room', async () => (await ada.client())?.state === 'joined');
      check(await page.evaluate(processed, 'video'), 'the camera to go through the processor');
      check(!(await page.evaluate(processed, 'audio')), 'the microphone to go straight');
      const bob = await t.join(chromium, server, { room: 'r', name: 'Bob' });
      await everybodySeesEverybody([ada, bob]);

      await choose(page, 'cameras', 'background-image');
      await bob.seesFlow('Ada', 'camera');
      check(await page.evaluate(processed, 'video'), 'the other background by the same track');

      await choose(page, 'microphones', 'noise-suppression');
      await waitFor('the clean microphone', () => page.evaluate(processed, 'audio'));
      await bob.seesFlow('Ada', 'microphone');

      await choose(page, 'cameras', 'background-none');
      await waitFor('the camera as it is', async () => !(await page.evaluate(processed, 'video')));
      await bob.seesFlow('Ada', 'camera');
      const remembered = await page.evaluate(() =>
        JSON.parse(localStorage.getItem('parley.preferences')),
      );
      check(
        remembered.background === 'none' && remembered.noiseSuppression === true,
        `the choice to be remembered, got ${JSON.stringify(remembered)}`,
      );
    },
  },
];

async function choose(page, menu, item) {
  await page.click(`[data-control=${menu}]`);
  await waitFor(`${item} in the menu`, () =>
    page.evaluate((id) => document.querySelector(`[data-item=${id}]`) !== null, item),
  );
  await page.click(`[data-item=${item}]`);
}
