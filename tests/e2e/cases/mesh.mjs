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
      await exchangeData(ada, bob);
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
      await exchangeData(ada, bob);

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
      // The channels of before, and those who came since.
      await exchangeData(ada, bob);
      await exchangeData(cyd, ada);
    },
  },
];

/** Text, JSON and octets there and back over a channel of the same name, whatever carries it. */
async function exchangeData(one, other) {
  for (const { page } of [one, other]) {
    await page.evaluate(() => {
      window.__heard = [];
      if (window.__channel) return;
      window.__channel = window.parley.client.createDataChannel('test', { ordered: true });
      window.__channel.on('message', ({ kind, value, from }) => {
        const shown = kind === 'binary' ? [...new Uint8Array(value)] : value;
        window.__heard.push({ kind, value: shown, from });
      });
    });
  }
  for (const [from, to] of [
    [one, other],
    [other, one],
  ]) {
    const id = await from.page.evaluate(async () => {
      await window.__channel.send('words');
      await window.__channel.send({ list: [1, 2] });
      await window.__channel.send(new Uint8Array([7, 8]));
      return window.parley.client.clientId;
    });
    const heard = await waitFor(`${to.name} to hear ${from.name}'s data`, async () => {
      const all = await to.page.evaluate(() => window.__heard);
      return all.length >= 3 ? all : null;
    });
    const wanted = [
      { kind: 'text', value: 'words', from: id },
      { kind: 'json', value: { list: [1, 2] }, from: id },
      { kind: 'binary', value: [7, 8], from: id },
    ];
    const said = JSON.stringify(heard);
    check(said === JSON.stringify(wanted), `the data of ${from.name} alone, got ${said}`);
  }
}
