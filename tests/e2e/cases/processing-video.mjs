// What the processed picture shows, by its pixels: a painted person before a wall of fields.

import { resolve } from 'node:path';
import { openLabPage } from '../lib/lab-page.mjs';
import { output } from '../lib/modules.mjs';
import { check, waitFor } from '../lib/wait.mjs';

/** Background blur at 640x360, segmentation included. */
const kBudgetMs = 15;

/** Applies a change and looks at the picture when `wanted` holds. */
async function change(page, options, what, wanted) {
  await page.evaluate((o) => window.processor.update({ video: o }), options);
  let seen;
  await waitFor(
    what,
    async () => {
      seen = await page.evaluate(() => window.lab.look(window.shown));
      return await wanted(seen);
    },
    { explain: () => page.evaluate(() => [window.lab.failures, window.processor.stats()]) },
  );
  return seen;
}

async function start(page, video) {
  await page.evaluate(async (options) => {
    window.processor = window.lab.processor({ video: options });
    window.camera = window.lab.camera();
    window.plain = await window.lab.show(window.camera);
    window.shown = await window.lab.show(await window.processor.processVideo(window.camera));
  }, video);
  await page.evaluate(() => window.lab.sleep(300));
  return page.evaluate(() => window.lab.look(window.plain));
}

function near(a, b, within) {
  return Math.abs(a - b) <= within;
}

const flatAgainst = (before) => (seen, part) => seen[part].variance < before[part].variance * 0.05;

async function seeWholePicture(page, before) {
  const flat = flatAgainst(before);
  const bright = await change(page, { brightness: 0.5 }, 'half the brightness', (seen) =>
    near(seen.whole.mean, before.whole.mean / 2, 3),
  );
  check(near(bright.face.mean, before.face.mean / 2, 4), 'the face to be darker as well');

  const blurred = await change(
    page,
    { brightness: 1, blur: 12 },
    'a blurred picture',
    (seen) =>
      flat(seen, 'left') &&
      flat(seen, 'right') &&
      seen.face.variance < before.face.variance * 0.4 &&
      near(seen.left.mean, before.left.mean, 4),
  );
  check(near(blurred.whole.mean, before.whole.mean, 4), 'a blur to keep the brightness');
}

async function seeEffects(page, renderer) {
  // A budget that nothing reaches: this is about pixels.
  const before = await start(page, { renderer, budgetMs: 1000 });
  await seeWholePicture(page, before);
  const flat = flatAgainst(before);
  const alone = await change(
    page,
    { blur: 0, background: { blur: 12 } },
    'a sharp person before a blurred wall',
    (seen) =>
      flat(seen, 'left') &&
      flat(seen, 'right') &&
      near(seen.face.variance, before.face.variance, before.face.variance * 0.1),
  );
  for (const channel of [0, 1, 2]) {
    check(
      near(alone.face.rgb[channel], before.face.rgb[channel], 4),
      `the face to keep its colours, got ${alone.face.rgb}`,
    );
  }
  await page.screenshot(resolve(output, `processing-${renderer}-${page.browser}.png`));

  // The image is made in the page, since only there it can be.
  await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    canvas.width = 320;
    canvas.height = 240;
    const context = canvas.getContext('2d');
    context.fillStyle = '#c02020';
    context.fillRect(0, 0, 160, 240);
    context.fillStyle = '#20a040';
    context.fillRect(160, 0, 160, 240);
    const image = await new Promise((done) => canvas.toBlob(done));
    await window.processor.update({ video: { background: { image } } });
  });
  const red = ({ rgb }) => near(rgb[0], 192, 12) && near(rgb[1], 32, 12) && near(rgb[2], 32, 12);
  const green = ({ rgb }) => near(rgb[0], 32, 12) && near(rgb[1], 160, 12) && near(rgb[2], 64, 12);
  const image = await change(page, {}, 'the image in the corners', ({ corners }) => {
    return red(corners[0]) && green(corners[1]);
  });
  check(near(image.face.mean, before.face.mean, 5), 'the face before the image');

  await change(page, { background: null }, 'the camera as it is', (seen) =>
    near(seen.left.variance, before.left.variance, before.left.variance * 0.1),
  );
  const failures = await page.evaluate(() => window.lab.failures);
  check(failures.length === 0, `no failure, got ${failures.join('; ')}`);
  await page.evaluate(() => window.processor.close());
  const live = await page.evaluate(() => window.camera.readyState);
  check(live === 'live', 'closing the processor to leave the camera open');
}

export const cases = [
  ...['webgl2', 'canvas'].map((renderer) => ({
    name: `brightness, blur, background blur and image, by pixels (${renderer})`,
    needs: ['chromium'],
    async run(t) {
      await seeEffects(await openLabPage(t, await t.chromium()), renderer);
    },
  })),
  {
    // Without a GPU the background's model starts too slowly here for a test.
    name: 'brightness and blur, by pixels (Firefox)',
    needs: ['firefox'],
    async run(t) {
      const page = await openLabPage(t, await t.firefox());
      const before = await start(page, { renderer: 'canvas', budgetMs: 1000 });
      await seeWholePicture(page, before);
    },
  },
  {
    name: 'background blur within its budget, and steps down below it',
    needs: ['chromium'],
    async run(t) {
      const page = await openLabPage(t, await t.chromium());
      await start(page, { budgetMs: kBudgetMs, background: { blur: 12 } });
      const stats = () => page.evaluate(() => window.processor.stats().video);
      const settled = await waitFor(
        `background blur in ${kBudgetMs} ms a frame`,
        async () => {
          const now = await stats();
          return now.segmenting && now.effects && now.costMs > 0 && now.costMs < kBudgetMs
            ? now
            : null;
        },
        { explain: stats },
      );
      t.measure('background blur at 640x360, a frame', Number(settled.costMs.toFixed(1)), 'ms');
      t.measure('of which segmentation, when it runs', Number(settled.segmentMs.toFixed(1)), 'ms');
      t.measure('frames between two segmentations', settled.segmentEvery, 'frames');

      // No machine does it in this time.
      const before = await page.evaluate(() => window.lab.look(window.plain));
      const seen = await change(page, { budgetMs: 1 }, 'the lowest step', async () => {
        return !(await stats()).effects;
      });
      const steps = await page.evaluate(() => window.lab.steps);
      const last = steps.at(-1);
      check(/^a frame took .* ms of 1\.0 ms$/.test(last.reason), `a reason, got ${last.reason}`);
      check(
        seen.left.variance < before.left.variance * 0.2,
        'the room to stay hidden when the machine is too slow to tell the person from it',
      );
    },
  },
  {
    name: 'graphics and a model that are lost on the way are told, and the room stays hidden',
    needs: ['chromium'],
    async run(t) {
      const page = await openLabPage(t, await t.chromium());
      const options = { renderer: 'webgl2', background: { blur: 12 }, budgetMs: 1000 };
      const before = await start(page, options);
      const stats = () => page.evaluate(() => window.processor.stats().video);
      const segmenting = () =>
        waitFor('the person to be told from the room', async () => (await stats()).segmenting, {
          explain: stats,
        });
      const seeHidden = async (what) => {
        const { frames } = await stats();
        await waitFor(`pictures ${what}`, async () => (await stats()).frames > frames + 5, {
          explain: stats,
        });
        const seen = await page.evaluate(() => window.lab.look(window.shown));
        check(seen.left.variance < before.left.variance * 0.2, `the room to be hidden ${what}`);
      };
      await segmenting();
      await page.evaluate(() => {
        const [chain] = window.processor.videoChains_;
        chain.renderer_.gl_.getExtension('WEBGL_lose_context').loseContext();
      });
      await waitFor('a canvas instead', async () => (await stats()).renderer === 'canvas', {
        explain: stats,
      });
      await segmenting();
      await seeHidden('without graphics');

      await page.evaluate(() => {
        const [chain] = window.processor.videoChains_;
        chain.segmenter_.solution_.send = () => Promise.reject(new Error('out of memory'));
      });
      await waitFor('the model to be given up', async () => !(await stats()).segmenting);
      await seeHidden('without a model');
      const failures = await page.evaluate(() => window.lab.failures);
      check(/graphics away.*out of memory/.test(failures.join(' ')), `failures, got ${failures}`);
    },
  },
  {
    name: 'a model that cannot be loaded is told, and the room stays hidden',
    needs: ['chromium'],
    async run(t) {
      const page = await openLabPage(t, await t.chromium());
      await page.evaluate(async () => {
        const { lab } = window;
        window.processor = lab.processor({
          assets: '/nowhere/',
          video: { background: { blur: 12 }, budgetMs: 1000 },
        });
        window.plain = await lab.show(lab.camera());
        window.shown = await lab.show(await window.processor.processVideo(lab.camera()));
      });
      await page.evaluate(() => window.lab.sleep(500));
      const [failures, before, seen] = await page.evaluate(() => {
        const { lab, plain, shown } = window;
        return [lab.failures, lab.look(plain), lab.look(shown)];
      });
      check(/selfie_segmentation\.js/.test(failures.join()), `a failure, got ${failures}`);
      check(seen.left.variance < before.left.variance * 0.2, 'the room to be hidden');
    },
  },
];
