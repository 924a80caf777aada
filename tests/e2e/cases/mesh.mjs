// Rooms without the server's media: a mesh of two, and its move to the SFU when a third comes.

import { everybodySeesEverybody } from '../lib/person.mjs';
import { check, waitFor } from '../lib/wait.mjs';

export const cases = [
  {
    name: 'a mesh of two is direct',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const room = 'mesh';
      const ada = await t.join(chromium, server, { room, name: 'Ada', topology: 'mesh' });
      const bob = await t.join(chromium, server, { room, name: 'Bob', topology: 'mesh' });
      await everybodySeesEverybody([ada, bob]);
      check((await ada.client()).topology === 'mesh', 'a mesh');
      check((await ada.stats()).length === 1, 'one connection');
      await ada.page.click('[data-control=screen]');
      await bob.seesFlow('Ada', 'screen');
    },
  },
  {
    name: 'an auto room moves from mesh to SFU without a gap when a third comes',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const room = 'auto';
      const ada = await t.join(chromium, server, { room, name: 'Ada', topology: 'auto' });
      const bob = await t.join(chromium, server, { room, name: 'Bob', topology: 'auto' });
      await everybodySeesEverybody([ada, bob]);
      check((await ada.client()).topology === 'mesh', 'two to be in a mesh');
      for (const person of [ada, bob]) await person.page.evaluate(watchGaps);

      const cyd = await t.join(chromium, server, { room, name: 'Cyd', topology: 'auto' });
      await everybodySeesEverybody([ada, bob, cyd]);
      for (const person of [ada, bob]) {
        check((await person.client()).topology === 'sfu', `${person.name} to be in the SFU`);
        await waitFor(`${person.name} to have closed the mesh`, async () => {
          return (await person.stats()).length === 1;
        });
        const gap = await person.page.evaluate(() => Math.round(window.__longestGap));
        t.measure(`longest pause of the picture in ${person.name}'s move`, gap, 'ms');
        check(gap < 1500, `no visible gap for ${person.name}, got ${gap} ms`);
      }
    },
  },
];

/** In the page: the longest time in which no other person's picture changed. */
function watchGaps() {
  window.__longestGap = 0;
  let last = performance.now();
  const seen = new WeakSet();
  const follow = (video) => {
    if (seen.has(video)) return;
    seen.add(video);
    const frame = () => {
      last = performance.now();
      video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
  };
  setInterval(() => {
    for (const video of document.querySelectorAll('.tile:not([data-self]) video')) follow(video);
    window.__longestGap = Math.max(window.__longestGap, performance.now() - last);
  }, 20);
}
