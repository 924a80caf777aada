// The app as a person uses it, with pictures to look at in build/e2e.

import { resolve } from 'node:path';
import { isAccessible } from '../lib/axe.mjs';
import { output } from '../lib/modules.mjs';
import { everybodySeesEverybody, Person } from '../lib/person.mjs';
import { check, waitFor } from '../lib/wait.mjs';

const kVideo = '640x360@15';
const picture = (name) => resolve(output, `${name}.png`);
const kDesktop = { width: 1280, height: 800 };
const kPhone = { width: 390, height: 844 };
/** A promise to people on a quiet machine; the tests' machine carries both ends and a server. */
const kFirstFrameMs = 4000;

export const cases = [
  {
    name: 'lobby, grid, controls and statistics of the app',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const page = await chromium.newPage({ viewport: kDesktop });
      const ada = t.watch(new Person(page, server, 'Tea at four', 'Ada Lovelace'));
      await throughTheLobby(ada);
      await page.screenshot(picture('alone'));

      const people = [ada];
      for (const name of ['Grace Hopper', 'Karen Jones']) {
        const room = ada.room;
        people.push(await t.join(chromium, server, { room, name, video: kVideo }));
        await everybodySeesEverybody(people);
        await page.screenshot(picture(`grid-${people.length}`));
      }
      await isAccessible(page, 'the call');
      await statistics(ada);
      await invite(ada);
      await cameraOffAndOn(ada, people[1]);
      await chooseDevice(ada, people[1]);
      await screen(ada, people[1]);
      await leaveAndComeBack(ada);
    },
  },
  {
    name: 'the app on a phone, in the dark',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium({ dark: true });
      const page = await chromium.newPage({ viewport: kPhone });
      const ada = t.watch(new Person(page, server, 'phone', 'Ada'));
      await page.goto(`${server.origin}/?room=phone&name=Ada`);
      await waitFor('the preview', () => page.evaluate(previewShows));
      await page.screenshot(picture('lobby-phone-dark'));
      await isAccessible(page, 'the lobby in the dark');
      await ada.enter({ video: kVideo });
      const bob = await t.join(chromium, server, { room: 'phone', name: 'Bob', video: kVideo });
      await everybodySeesEverybody([ada, bob]);
      await firstFrame(t, bob);
      await page.screenshot(picture('grid-phone-dark'));
      await isAccessible(page, 'the call in the dark');
      await page.press('c');
      await waitFor('the chat', () => page.evaluate(has, '.panel.chat'));
      await page.screenshot(picture('chat-phone-dark'));
      await isAccessible(page, 'the chat in the dark');
      await page.press('Escape');
      await page.click('[data-control=more]');
      await page.click('[data-item=people]');
      await waitFor('the list of people', () => page.evaluate(has, '.panel.people'));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      check(wide <= kPhone.width, `nothing to stick out at the side, got ${wide} px`);
    },
  },
];

export const has = (selector) => document.querySelector(selector) !== null;

function previewShows() {
  const video = document.querySelector('.mirror video');
  return video !== null && video.videoWidth > 0;
}

async function throughTheLobby(ada) {
  const { page, server } = ada;
  await page.goto(`${server.origin}/`);
  await waitFor('the preview', () => page.evaluate(previewShows));
  await page.fill('input[name=name]', ada.name);
  await page.fill('input[name=room]', ada.room);
  await waitFor('the device menus', () =>
    page.evaluate(() => document.querySelectorAll('.devices option').length > 2),
  );
  await waitFor('the level of the microphone', () =>
    page.evaluate(
      () => Number(document.querySelector('.level').style.getPropertyValue('--level')) > 0.05,
    ),
  );
  await page.screenshot(picture('lobby'));
  await isAccessible(page, 'the lobby');
  await page.click('button[type=submit]');
  await waitFor('Ada to be in the room', async () => (await ada.client())?.state === 'joined');
  const address = await page.evaluate(() => window.location.search);
  check(new URLSearchParams(address).get('room') === ada.room, 'the room in the address');
}

async function firstFrame(t, person) {
  const ms = await waitFor('the first picture', () =>
    person.page.evaluate(() => {
      const { joinPressedAt, firstFrameAt } = window.parley;
      return firstFrameAt === null ? 0 : firstFrameAt - joinPressedAt;
    }),
  );
  t.measure('from join to the first picture', Math.round(ms), 'ms');
  check(ms < kFirstFrameMs, `a picture soon after joining, got ${ms} ms`);
}

async function statistics(ada) {
  const { page } = ada;
  await page.press('t');
  await waitFor('the figures', () =>
    page.evaluate(() =>
      /kbit\/s|Mbit\/s/.test(document.querySelector('.panel table')?.textContent),
    ),
  );
  await waitFor('the graphs', () =>
    page.evaluate(() => document.querySelectorAll('.panel canvas').length === 5),
  );
  await waitFor('some history', () =>
    page.evaluate(() => window.parley.client.statsHistory.length >= 8),
  );
  await page.screenshot(picture('statistics'));
  await isAccessible(page, 'the statistics');
  await page.press('Escape');
  await waitFor('the panel to close', () =>
    page.evaluate(() => document.querySelector('.panel') === null),
  );
}

async function invite(ada) {
  const { page } = ada;
  await page.evaluate(() => {
    window.__copied = null;
    navigator.clipboard.writeText = async (text) => {
      window.__copied = text;
    };
  });
  await page.click('[data-control=more]');
  await waitFor('the menu', () => page.evaluate(has, '[data-item=invite]'));
  await page.screenshot(picture('menu'));
  await isAccessible(page, 'a menu');
  await page.click('[data-item=invite]');
  await page.click('[data-control=copy-invite]');
  const copied = await waitFor('the link', () => page.evaluate(() => window.__copied));
  check(new URL(copied).searchParams.get('room') === ada.room, `the room in ${copied}`);
  check(!(await page.evaluate(has, '.qr')), 'no code for a link of this computer');
  await page.screenshot(picture('invite'));
  await isAccessible(page, 'the invitation');
  await page.press('Escape');
  await waitFor('the dialog to close', () =>
    page.evaluate(() => document.querySelector('dialog') === null),
  );
}

async function cameraOffAndOn(ada, observer) {
  await ada.page.press('v');
  await waitFor('the camera to be seen off', async () => {
    const client = await observer.client();
    const tracks = client.participants.find((p) => p.name === ada.name).tracks;
    return tracks.find((t) => t.source === 'camera').muted;
  });
  await waitFor('the camera to be released', () =>
    ada.page.evaluate(() => window.parley.client.cameraTrack === null),
  );
  await ada.page.screenshot(picture('camera-off'));
  await ada.page.click('[data-control=camera]');
  await observer.seesFlow(ada.name, 'camera');
}

/** Another camera, chosen in the call. */
async function chooseDevice(ada, observer) {
  const { page } = ada;
  await page.click('[data-control=cameras]');
  await waitFor('the cameras', () =>
    page.evaluate(() => document.querySelectorAll('.menu [role=menuitemradio]').length > 1),
  );
  const before = await page.evaluate(() => window.parley.client.cameraTrack?.id);
  await page.evaluate(() =>
    [...document.querySelectorAll('.menu [role=menuitemradio]')].at(-1).click(),
  );
  await waitFor('another camera', () =>
    page.evaluate((old) => (window.parley.client.cameraTrack?.id ?? old) !== old, before),
  );
  await observer.seesFlow(ada.name, 'camera');
}

async function screen(ada, observer) {
  await observer.page.click('[data-control=screen]');
  await ada.seesFlow(observer.name, 'screen');
  await waitFor('the screen to be shown', () =>
    ada.page.evaluate(() => document.querySelector('.tile.screen video')?.videoWidth > 0),
  );
  await settled(ada.page);
  await ada.page.screenshot(picture('screen-share'));
  await observer.page.click('[data-control=screen]');
}

/** Tiles that glide have arrived. */
export async function settled(page) {
  await waitFor('everything to stand still', () =>
    page.evaluate(() => document.getAnimations().every((a) => a.playState !== 'running')),
  );
}

async function leaveAndComeBack(ada) {
  await ada.page.click('[data-control=leave]');
  await waitFor('the goodbye', () => ada.page.evaluate(has, '.goodbye'));
  await ada.page.screenshot(picture('goodbye'));
  await isAccessible(ada.page, 'the goodbye');
  await ada.page.click('.goodbye .primary');
  await waitFor('the lobby again', () => ada.page.evaluate(previewShows));
}
