// Rooms without the server's media: a mesh of two, and its move to the SFU when a third comes.

import { everybodySeesEverybody } from '../lib/person.mjs';
import { watchPicture } from '../lib/picture-watch.mjs';
import { check, waitFor } from '../lib/wait.mjs';

/** Pictures come ten times a second; this is where people begin to call it a freeze. */
const kLongestPauseMs = 1000;

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
      for (const person of [ada, bob]) await person.page.evaluate(watchPicture);

      const cyd = await t.join(chromium, server, { room, name: 'Cyd', topology: 'auto' });
      await everybodySeesEverybody([ada, bob, cyd]);
      for (const person of [ada, bob]) {
        check((await person.client()).topology === 'sfu', `${person.name} to be in the SFU`);
        await waitFor(`${person.name} to have closed the mesh`, async () => {
          return (await person.stats()).length === 1;
        });
        const { longest, blanks } = await person.page.evaluate(() => window.__picture);
        t.measure(`longest pause of the picture in ${person.name}'s move`, longest, 'ms');
        check(blanks === 0, `${person.name} always to have a picture, was blank ${blanks} times`);
        check(longest <= kLongestPauseMs, `${person.name}'s picture to go on, got ${longest} ms`);
      }
    },
  },
];
