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
        const { longest, blanks } = await person.page.evaluate(() => window.__gap);
        const pause = Math.round(longest);
        t.measure(`longest pause of the picture in ${person.name}'s move`, pause, 'ms');
        check(blanks === 0, `${person.name} always to have a picture, was blank ${blanks} times`);
      }
    },
  },
];

/**
 * In the page: whether the other's tile ever had no picture to show, and the longest time in which
 * its picture did not change.
 */
function watchGaps() {
  window.__gap = { longest: 0, blanks: 0 };
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
  const tile = document.querySelector('.tile:not([data-self])');
  setInterval(() => {
    const videos = [...tile.querySelectorAll('video')];
    for (const video of videos) follow(video);
    const visible = videos.filter((video) => !video.classList.contains('coming'));
    const shows = visible.some((video) => video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA);
    if (!tile.isConnected || !shows) window.__gap.blanks += 1;
    window.__gap.longest = Math.max(window.__gap.longest, performance.now() - last);
  }, 20);
}
