// The app as a person uses it, with pictures to look at in build/e2e.

import { resolve } from 'node:path';
import { output } from '../lib/modules.mjs';
import { everybodySeesEverybody, Person } from '../lib/person.mjs';
import { check, waitFor } from '../lib/wait.mjs';

const kVideo = '640x360@15';
const picture = (name) => resolve(output, `${name}.png`);
const kPhone = { width: 390, height: 844 };

export const cases = [
  {
    name: 'lobby, grid, controls and statistics of the app',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const page = await chromium.newPage({ viewport: { width: 1280, height: 800 } });
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
      await statistics(ada);
      await invite(ada);
      await cameraOffAndOn(ada, people[1]);
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
      await ada.enter({ video: kVideo });
      const bob = await t.join(chromium, server, { room: 'phone', name: 'Bob', video: kVideo });
      await everybodySeesEverybody([ada, bob]);
      await page.screenshot(picture('grid-phone-dark'));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      check(wide <= kPhone.width, `nothing to stick out at the side, got ${wide} px`);
    },
  },
  {
    name: 'the lobby explains why there is no camera',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const page = await chromium.newPage({ viewport: { width: 1280, height: 800 } });
      t.watch({ dump: async () => page.console.join('\n') });
      await page.beforeScripts(() => {
        // As a browser does whose user said no.
        navigator.mediaDevices.getUserMedia = async () => {
          throw new DOMException('Permission denied', 'NotAllowedError');
        };
      });
      await page.goto(server.origin);
      await waitFor('the explanation', () =>
        page.evaluate(() => document.querySelector('[data-code=permission_denied]') !== null),
      );
      await page.screenshot(picture('lobby-denied'));
    },
  },
];

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
  await page.screenshot(picture('lobby'));
  await page.click('button[type=submit]');
  await waitFor('Ada to be in the room', async () => (await ada.client())?.state === 'joined');
  const address = await page.evaluate(() => window.location.search);
  check(new URLSearchParams(address).get('room') === ada.room, 'the room in the address');
}

async function statistics(ada) {
  const { page } = ada;
  await page.click('[data-control=statistics]');
  await waitFor('the figures', () =>
    page.evaluate(() =>
      /kbit\/s|Mbit\/s/.test(document.querySelector('.panel table')?.textContent),
    ),
  );
  await waitFor('a graph', () =>
    page.evaluate(() => document.querySelectorAll('.panel canvas').length === 3),
  );
  await waitFor('some history', () =>
    page.evaluate(() => window.parley.client.statsHistory.length >= 8),
  );
  await page.screenshot(picture('statistics'));
  await page.press('Escape');
  await waitFor('the panel to close', () =>
    page.evaluate(() => document.querySelector('.panel') === null),
  );
}

async function invite(ada) {
  await ada.page.evaluate(() => {
    window.__copied = null;
    navigator.clipboard.writeText = async (text) => {
      window.__copied = text;
    };
  });
  await ada.page.click('[data-control=invite]');
  const copied = await waitFor('the link', () => ada.page.evaluate(() => window.__copied));
  check(new URL(copied).searchParams.get('room') === ada.room, `the room in ${copied}`);
}

async function cameraOffAndOn(ada, observer) {
  await ada.page.click('[data-control=camera]');
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

async function screen(ada, observer) {
  await observer.page.click('[data-control=screen]');
  await ada.seesFlow(observer.name, 'screen');
  await waitFor('the screen to be shown', () =>
    ada.page.evaluate(() => document.querySelector('.tile.screen video')?.videoWidth > 0),
  );
  await ada.page.screenshot(picture('screen-share'));
  await observer.page.click('[data-control=screen]');
}

async function leaveAndComeBack(ada) {
  await ada.page.click('[data-control=leave]');
  await waitFor('the goodbye', () =>
    ada.page.evaluate(() => document.querySelector('.goodbye') !== null),
  );
  await ada.page.screenshot(picture('goodbye'));
  await ada.page.click('.goodbye .primary');
  await waitFor('the lobby again', () => ada.page.evaluate(previewShows));
}
