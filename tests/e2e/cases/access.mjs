// TLS and room tokens.

import { createHmac, randomBytes } from 'node:crypto';
import { everybodySeesEverybody } from '../lib/person.mjs';
import { Server } from '../lib/server.mjs';
import { check, waitFor } from '../lib/wait.mjs';

const kSecret = randomBytes(32).toString('hex');

export const cases = [
  {
    name: 'a call over TLS with the self-made certificate',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server({ tls: true });
      const chromium = await t.chromium({ insecureTls: true });
      const ada = await t.join(chromium, server, { room: 'secure', name: 'Ada' });
      const bob = await t.join(chromium, server, { room: 'secure', name: 'Bob' });
      await everybodySeesEverybody([ada, bob]);
      const scheme = await ada.page.evaluate(() => window.location.protocol);
      check(scheme === 'https:', `https, got ${scheme}`);
    },
  },
  {
    name: 'rooms ask for tokens where a secret is set',
    needs: ['chromium'],
    async run(t) {
      const settings = { PARLEY_SECRET: kSecret };
      const server = await t.server({ settings });
      const chromium = await t.chromium();
      const room = 'guarded';

      await refused(t, chromium, server, { room, code: 'token_required' });
      const wrong = sign({ room, identity: 'eve', exp: inAnHour() }, 'f'.repeat(64));
      await refused(t, chromium, server, { room, token: wrong, code: 'bad_token' });
      const old = sign({ room, identity: 'eve', exp: inAnHour() - 7200 }, kSecret);
      await refused(t, chromium, server, { room, token: old, code: 'token_expired' });
      const elsewhere = sign({ room: 'other', identity: 'eve', exp: inAnHour() }, kSecret);
      await refused(t, chromium, server, { room, token: elsewhere, code: 'token_wrong_room' });

      const token = (name) =>
        Server.run(['token', '--room', room, '--identity', name.toLowerCase(), '--name', name], {
          PARLEY_SECRET: kSecret,
        }).trim();
      const ada = await t.join(chromium, server, { room, name: 'Ada', token: token('Ada') });
      const bob = await t.join(chromium, server, { room, name: 'Bob', token: token('Bob') });
      await everybodySeesEverybody([ada, bob]);
    },
  },
  {
    name: 'who is removed reads that a moderator did it, and the words',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server({ settings: { PARLEY_SECRET: kSecret } });
      const chromium = await t.chromium();
      const room = 'moderated';
      const token = (identity, more = {}) =>
        sign({ room, identity, exp: inAnHour(), ...more }, kSecret);
      const ada = await t.join(chromium, server, {
        room,
        name: 'Ada',
        token: token('ada', { admin: true }),
      });
      const bob = await t.join(chromium, server, { room, name: 'Bob', token: token('bob') });
      await everybodySeesEverybody([ada, bob]);
      const bobsId = (await bob.client()).id;
      await ada.page.evaluate(
        (id) => window.parley.client.removeParticipant(id, 'The hour is over.'),
        bobsId,
      );
      await says(bob.page, 'A moderator removed you from the room.');
      await says(bob.page, 'The hour is over.');
    },
  },
  {
    name: 'a moderator ends the call for everyone, with a word to them',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server({ settings: { PARLEY_SECRET: kSecret } });
      const chromium = await t.chromium();
      const room = 'ended';
      const enter = (name, more = {}) =>
        t.join(chromium, server, {
          room,
          name,
          token: sign({ room, identity: name, exp: inAnHour(), ...more }, kSecret),
        });
      const ada = await enter('Ada', { admin: true });
      const bob = await enter('Bob');
      await everybodySeesEverybody([ada, bob]);

      await bob.page.click('[data-control=more]');
      await waitFor('the menu', () => shows(bob.page, '[data-item=invite]'));
      check(!(await shows(bob.page, '[data-item=close-room]')), 'who is no moderator cannot');

      await ada.page.click('[data-control=more]');
      await waitFor('the menu', () => shows(ada.page, '[data-item=close-room]'));
      await ada.page.click('[data-item=close-room]');
      await waitFor('to be asked', () => shows(ada.page, '[data-dialog=close-room]'));
      await ada.page.fill('[name=reason]', 'The hour is over.');
      await ada.page.click('[data-dialog=close-room] [type=submit]');
      for (const { page } of [ada, bob]) await says(page, 'The hour is over.');
      check((await server.room(room)) === null, 'the room is gone');
    },
  },
  {
    name: 'the token leaves the address, and a reload still leads in',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server({ settings: { PARLEY_SECRET: kSecret } });
      const chromium = await t.chromium();
      const room = 'hidden';
      const token = sign({ room, identity: 'ada', name: 'Ada', exp: inAnHour() }, kSecret);
      const ada = await t.join(chromium, server, { room, name: 'Ada', token });
      const query = () => ada.page.evaluate(() => window.location.search);
      check(!(await query()).includes('token'), `no token in ${await query()}`);

      await ada.page.evaluate(() => {
        window.before = true;
        setTimeout(() => window.location.reload());
      });
      await waitFor('a new page', () => ada.page.evaluate(() => window.before !== true));
      await waitFor('the lobby', () => shows(ada.page, 'button[type=submit]:not(:disabled)'));
      await ada.page.click('button[type=submit]');
      await waitFor(
        'Ada to be in the room again',
        async () => (await ada.client())?.state === 'joined',
        { explain: () => ada.lobbyText() },
      );
      check((await query()).includes(`room=${room}`), `the room in ${await query()}`);
    },
  },
  {
    name: 'an address that is not the app is a page that says so',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      for (const path of ['admin?room=daily', 'some/folder/page']) {
        const address = new URL(path, `${server.origin}/`);
        check((await fetch(address)).status === 404, `404 for ${path}`);
        const page = await chromium.newPage();
        await page.goto(address.href);
        await says(page, 'There is no page here');
        const lobby = await page.evaluate(() => document.querySelector('a[href^="/"]').href);
        check(new URL(lobby).pathname === '/', `a way to the lobby, got ${lobby}`);
        await page.close();
      }
    },
  },
];

const shows = (page, selector) =>
  page.evaluate((wanted) => document.querySelector(wanted) !== null, selector);

async function says(page, text) {
  await waitFor(
    `the page to say "${text}"`,
    () => page.evaluate((wanted) => document.body.innerText.includes(wanted), text),
    { explain: () => page.evaluate(() => document.body.innerText) },
  );
}

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

function sign(claims, secret) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** Opens the app with what should not do, and reads what it tells the person. */
async function refused(t, browser, server, { room, token, code }) {
  const page = await browser.newPage();
  t.watch({ dump: async () => page.console.join('\n') });
  const address = new URL(server.origin);
  address.search = new URLSearchParams({
    room,
    name: 'Eve',
    autojoin: '',
    ...(token ? { token } : {}),
  });
  await page.goto(address.href);
  await waitFor(
    `the app to tell of ${code}`,
    () => page.evaluate((c) => document.querySelector(`[data-code="${c}"]`) !== null, code),
    { explain: () => page.evaluate(() => document.body.textContent) },
  );
  check((await server.room(room)) === null, 'no room for the refused');
  await page.close();
  t.people.pop();
}
