// Many people on the stage: the grid and its pages, the speaker, what is pinned.

import { resolve } from 'node:path';
import { isAccessible } from '../lib/axe.mjs';
import { Crowd } from '../lib/crowd.mjs';
import { output } from '../lib/modules.mjs';
import { Person } from '../lib/person.mjs';
import { check, waitFor } from '../lib/wait.mjs';
import { has, settled } from './app.mjs';

const picture = (name) => resolve(output, `${name}.png`);
const kDesktop = { width: 1280, height: 800 };
const kPhone = { width: 390, height: 844 };

const tiles = () =>
  [...document.querySelectorAll('.tile')].map((tile) => {
    const { x, y, width, height } = tile.getBoundingClientRect();
    return { id: tile.dataset.tile, self: tile.dataset.self === 'true', x, y, width, height };
  });
const pictures = () =>
  [...document.querySelectorAll('.tile:not([data-self]) video')].filter((v) => v.videoWidth > 0)
    .length;

function apart(all) {
  return all.every((a, i) =>
    all
      .slice(i + 1)
      .every(
        (b) =>
          a.x + a.width <= b.x + 1 ||
          b.x + b.width <= a.x + 1 ||
          a.y + a.height <= b.y + 1 ||
          b.y + b.height <= a.y + 1,
      ),
  );
}

async function withCrowd(t, count, viewport, run) {
  const server = await t.server();
  const chromium = await t.chromium();
  const page = await chromium.newPage({ viewport });
  const ada = t.watch(new Person(page, server, 'hall', 'Ada'));
  const crowd = Crowd.start(server, 'hall', count);
  try {
    await ada.enter({ video: '320x180@10' });
    await waitFor(
      `${count} people`,
      async () => (await ada.client()).participants.length === count,
      { timeout: 30_000, explain: () => ada.peopleSeen() },
    );
    await run(ada, page);
  } finally {
    await crowd.stop();
  }
}

export const cases = [
  ...[
    [3, 'grid-4'],
    [8, 'grid-9'],
    [24, 'grid-25'],
  ].map(([count, name]) => ({
    name: `a grid of ${count + 1} people`,
    needs: ['chromium'],
    run: (t) =>
      withCrowd(t, count, kDesktop, async (_ada, page) => {
        await waitFor('all tiles', async () => (await page.evaluate(tiles)).length === count + 1);
        await waitFor('all pictures', async () => (await page.evaluate(pictures)) === count, {
          timeout: 40_000,
          explain: () => page.evaluate(pictures),
        });
        await settled(page);
        const all = await page.evaluate(tiles);
        check(apart(all), `no tile over another: ${JSON.stringify(all)}`);
        await page.screenshot(picture(name));
        if (count === 8) {
          await isAccessible(page, 'a grid of nine');
          await speakerView(page, count);
        }
      }),
  })),
  {
    name: 'pages of people on a phone: who is not seen is not sent',
    needs: ['chromium'],
    run: (t) =>
      withCrowd(t, 11, kPhone, async (ada, page) => {
        await waitFor('a page of eight', async () => (await page.evaluate(tiles)).length === 8);
        await waitFor('seven pictures', async () => (await page.evaluate(pictures)) === 7, {
          timeout: 30_000,
          explain: () => page.evaluate(pictures),
        });
        await page.screenshot(picture('pages-phone'));
        const wishes = async () =>
          (
            await ada.page.evaluate(() =>
              [...window.parley.client.participants.values()].map((p) => p.track('camera')?.wish),
            )
          ).filter((wish) => wish === 'off').length;
        await waitFor('four not to be asked for', async () => (await wishes()) === 4, {
          explain: wishes,
        });
        const first = (await page.evaluate(tiles)).map((tile) => tile.id);
        await page.click('[data-control=next-page]');
        await waitFor('the second page', async () => (await page.evaluate(tiles)).length === 4);
        const second = (await page.evaluate(tiles)).map((tile) => tile.id);
        check(!second.some((id) => first.includes(id)), 'nobody on two pages');
        await waitFor('their pictures', async () => (await page.evaluate(pictures)) === 4, {
          timeout: 20_000,
          explain: () => page.evaluate(pictures),
        });
      }),
  },
];

async function speakerView(page, count) {
  await page.press('g');
  await waitFor('one in the middle', () => page.evaluate(has, '.room[data-view=focus]'));
  await settled(page);
  const largest = () =>
    page.evaluate(tiles).then((all) => all.sort((a, b) => b.width * b.height - a.width * a.height));
  const inView = await largest();
  check(
    inView[0].width * inView[0].height > 6 * inView[1].width * inView[1].height,
    'one tile much larger than the others',
  );
  check(apart(inView), 'no tile over another in speaker view');
  check(inView.length >= Math.min(count, 5), 'the others beside');
  await page.screenshot(picture('speaker-view'));
  await isAccessible(page, 'the speaker view');

  // Pin another.
  const other = inView.find((tile, i) => i > 0 && !tile.self);
  await page.evaluate(
    (id) => document.querySelector(`[data-tile="${id}"] .tile-menu`).click(),
    other.id,
  );
  await page.click('[data-item=pin]');
  await waitFor('the pinned one in the middle', async () => (await largest())[0].id === other.id);
  await page.evaluate(
    (id) => document.querySelector(`[data-tile="${id}"] .tile-menu`).click(),
    other.id,
  );
  await page.click('[data-item=unpin]');
  await page.press('g');
  await waitFor('the grid', () => page.evaluate(has, '.room[data-view=grid]'));
}
