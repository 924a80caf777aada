// What people do beside talking: write, raise hands, react; and who does not see it hears of it.

import { resolve } from 'node:path';
import { isAccessible } from '../lib/axe.mjs';
import { output } from '../lib/modules.mjs';
import { everybodySeesEverybody } from '../lib/person.mjs';
import { check, waitFor } from '../lib/wait.mjs';
import { has, settled } from './app.mjs';

const picture = (name) => resolve(output, `${name}.png`);

async function social(t, adasBrowser, gracesBrowser) {
  const server = await t.server();
  const ada = await t.join(adasBrowser, server, { room: 'tea', name: 'Ada' });
  const grace = await t.join(gracesBrowser, server, { room: 'tea', name: 'Grace' });
  await everybodySeesEverybody([ada, grace]);
  await chat(ada, grace);
  await handsAndReactions(ada, grace);
  await people(grace);
}

export const cases = [
  {
    name: 'chat, raised hands, reactions and the list of people',
    needs: ['chromium'],
    async run(t) {
      const chromium = await t.chromium();
      await social(t, chromium, chromium);
    },
  },
  {
    name: 'what was written for somebody who left goes to nobody else',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const ada = await t.join(chromium, server, { room: 'aside', name: 'Ada' });
      const bob = await t.join(chromium, server, { room: 'aside', name: 'Bob' });
      const cyd = await t.join(chromium, server, { room: 'aside', name: 'Cyd' });
      await ada.seesPeople(['Bob', 'Cyd']);
      await ada.page.click('[data-control=chat]');
      await waitFor('the chat', () => ada.page.evaluate(has, '.panel.chat textarea'));
      const choose = (label) =>
        ada.page.evaluate((wanted) => {
          const select = document.querySelector('.send-to select');
          select.value = [...select.options].find((o) => o.textContent === wanted).value;
          select.dispatchEvent(new Event('change', { bubbles: true }));
        }, label);
      await choose('Bob');
      await ada.page.fill('textarea[name=message]', 'for Bob alone');
      await bob.leave();
      await waitFor('a word that Bob has left', () => ada.page.evaluate(has, '.recipient-gone'));
      await ada.page.screenshot(picture('chat-recipient-left'));
      await isAccessible(ada.page, 'the chat whose reader has left');
      const press = () =>
        ada.page.evaluate(() => document.querySelector('form.composer').requestSubmit());
      await press();
      await choose('Everybody');
      await ada.page.fill('textarea[name=message]', 'for all');
      await press();
      const heard = await waitFor('what is for all', async () => {
        const all = await cyd.page.evaluate(() =>
          window.parley.client.chatMessages.map((m) => m.text),
        );
        return all.length > 0 ? all : null;
      });
      check(heard.join() === 'for all', `nothing else to reach Cyd, got ${heard}`);
    },
  },
  {
    name: 'the app in Firefox: chat, raised hands and reactions with Chromium',
    needs: ['chromium', 'firefox'],
    async run(t) {
      await social(t, await t.firefox(), await t.chromium());
    },
  },
];

const messages = () => [...document.querySelectorAll('[data-message]')].map((m) => m.textContent);

async function chat(ada, grace) {
  await ada.page.click('[data-control=chat]');
  await waitFor('the chat', () => ada.page.evaluate(has, '.panel.chat textarea'));
  // Who came was told on the stage just before: the line goes, whatever is opened meanwhile.
  await waitFor('the line to go', () => ada.page.evaluate(has, '.ticker.gone'), { timeout: 8000 });
  await ada.page.fill('textarea[name=message]', 'Hello, see https://example.org/tea.');
  await ada.page.click('.send');
  await waitFor('the mark of a new message', () => grace.page.evaluate(has, '[data-unread]'));
  await told(grace, 'Ada writes');
  await grace.page.click('[data-control=chat]');
  await waitFor('the message', async () =>
    (await grace.page.evaluate(messages)).includes('Hello, see https://example.org/tea.'),
  );
  const link = await grace.page.evaluate(() => document.querySelector('[data-message] a').href);
  check(link === 'https://example.org/tea', `the address without the full stop, got ${link}`);

  // What looks like markup is text.
  await grace.page.fill('textarea[name=message]', '<img src=x onerror=alert(1)>');
  await grace.page.click('.send');
  await waitFor('the answer', async () =>
    (await ada.page.evaluate(messages)).includes('<img src=x onerror=alert(1)>'),
  );
  check(!(await ada.page.evaluate(has, '[data-message] img')), 'markup to stay text');
  await ada.page.screenshot(picture(`chat-${ada.page.browser}`));
  await isAccessible(ada.page, 'the chat');
  for (const { page } of [ada, grace]) await page.click('[data-control=chat]');
}

async function handsAndReactions(ada, grace) {
  await ada.page.click('[data-control=hand]');
  await waitFor('the hand', () => grace.page.evaluate(has, '.tile .hand'));
  await told(grace, 'Ada raised a hand');
  await grace.page.click('[data-control=react]');
  await waitFor('the reactions', () => grace.page.evaluate(has, '.menu .reaction'));
  await grace.page.click('.menu .reaction:nth-child(2)');
  await waitFor('the reaction', () => ada.page.evaluate(has, '.reactions span'));
  await ada.page.screenshot(picture(`reaction-${ada.page.browser}`));
  await ada.page.click('[data-control=hand]');
  await waitFor(
    'the hand to go down',
    async () => !(await grace.page.evaluate(has, '.tile .hand')),
  );
}

async function people(grace) {
  await grace.page.click('[data-control=people]');
  await waitFor('the list', () =>
    grace.page.evaluate(() => document.querySelectorAll('.people-list li').length === 2),
  );
  await settled(grace.page);
  await grace.page.screenshot(picture('people'));
  await isAccessible(grace.page, 'the list of people');
}

/** A screen reader says it. */
const told = (person, text) =>
  waitFor(
    `${person.name} to be told "${text}"`,
    () =>
      person.page
        .evaluate(() => document.querySelector('[data-told]').textContent)
        .then((s) => s.includes(text)),
    {
      explain: () => person.page.evaluate(() => document.querySelector('[data-told]').textContent),
    },
  );
