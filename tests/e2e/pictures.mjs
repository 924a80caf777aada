// Makes the pictures of the README anew: node tests/e2e/pictures.mjs. The people are drawn.

import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { launchChromium } from './lib/browsers.mjs';
import { root } from './lib/modules.mjs';
import { Person } from './lib/person.mjs';
import { Server } from './lib/server.mjs';
import { waitFor } from './lib/wait.mjs';

const folder = resolve(root, 'docs/images');
const kDesktop = { width: 1280, height: 760 };
const kPhone = { width: 390, height: 780 };
const kGuests = [
  'Grace Hopper',
  'Karen Spärck Jones',
  'Alan Turing',
  'Hedy Lamarr',
  'Edith Clarke',
];

/** In the page, before its scripts: a camera that shows a drawn person in a drawn room. */
function drawnCamera() {
  const name = new URLSearchParams(location.search).get('name') ?? 'Ada';
  let seed = 7;
  for (const letter of name) seed = (seed * 31 + letter.charCodeAt(0)) % 9973;
  const hue = seed % 360;
  const skins = ['#f0c7a4', '#c98f66', '#8a5a3c', '#e7b48e', '#5f3d2a', '#d9a57f'];
  const hairs = ['#2b211c', '#5a3a22', '#8d8d90', '#c8a15a', '#1a1a1d', '#7a3b22'];
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  function draw(ctx, w, h, t) {
    const wall = ctx.createLinearGradient(0, 0, w, h);
    wall.addColorStop(0, `hsl(${hue} 28% 78%)`);
    wall.addColorStop(1, `hsl(${(hue + 30) % 360} 24% 52%)`);
    ctx.fillStyle = wall;
    ctx.fillRect(0, 0, w, h);
    ctx.fillStyle = `hsl(${(hue + 190) % 360} 18% 62%)`;
    ctx.fillRect(w * 0.08, h * 0.12, w * 0.2, h * 0.3);
    ctx.fillStyle = `hsl(${(hue + 160) % 360} 22% 40%)`;
    ctx.fillRect(w * 0.74, h * 0.2, w * 0.18, h * 0.03);
    for (let i = 0; i < 5; i += 1) {
      ctx.fillStyle = `hsl(${(hue + i * 67) % 360} 32% 46%)`;
      ctx.fillRect(
        w * (0.75 + i * 0.033),
        h * (0.2 - 0.11 - (i % 3) * 0.015),
        w * 0.026,
        h * (0.11 + (i % 3) * 0.015),
      );
    }
    const x = w * 0.5 + Math.sin(t / 1900 + seed) * w * 0.008;
    const y = h * 0.42 + Math.sin(t / 1300 + seed) * h * 0.008;
    const r = h * 0.19;
    ctx.fillStyle = `hsl(${(hue + 210) % 360} 36% 38%)`;
    ctx.beginPath();
    ctx.ellipse(x, h * 1.02, w * 0.25, h * 0.34, 0, 0, 7);
    ctx.fill();
    ctx.fillStyle = hairs[seed % 6];
    ctx.beginPath();
    ctx.ellipse(x, y - r * 0.12, r * 1.02, r * (1.22 + (seed % 3) * 0.14), 0, 0, 7);
    ctx.fill();
    const skin = skins[seed % 6];
    ctx.fillStyle = skin;
    ctx.fillRect(x - r * 0.3, y + r * 0.7, r * 0.6, r * 0.75);
    ctx.beginPath();
    ctx.ellipse(x, y + r * 0.08, r * 0.8, r * 1.02, 0, 0, 7);
    ctx.fill();
    ctx.fillStyle = hairs[seed % 6];
    ctx.beginPath();
    ctx.ellipse(x - r * 0.1, y - r * 0.74, r * 0.8, r * 0.42, -0.15, 0, 7);
    ctx.fill();
    ctx.fillStyle = '#2a2320';
    const blink = Math.floor(t / 150 + seed) % 23 === 0 ? 0.01 : 0.075;
    for (const side of [-1, 1]) {
      ctx.beginPath();
      ctx.ellipse(x + side * r * 0.3, y, r * 0.07, r * blink, 0, 0, 7);
      ctx.fill();
    }
    ctx.strokeStyle = '#8a3d35';
    ctx.lineWidth = r * 0.07;
    ctx.lineCap = 'round';
    ctx.beginPath();
    ctx.arc(x, y + r * 0.32, r * 0.26, 0.35, Math.PI - 0.35);
    ctx.stroke();
  }
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await real(constraints);
    for (const old of stream.getVideoTracks()) {
      const canvas = document.createElement('canvas');
      canvas.width = 640;
      canvas.height = 360;
      const ctx = canvas.getContext('2d');
      const step = () => draw(ctx, 640, 360, performance.now());
      step();
      setInterval(step, 100);
      const drawn = canvas.captureStream(10).getVideoTracks()[0];
      drawn.getSettings = () => old.getSettings();
      stream.removeTrack(old);
      stream.addTrack(drawn);
    }
    return stream;
  };
}

async function open(browser, server, name, viewport, colorScheme) {
  const page = await browser.newPage({ viewport, colorScheme });
  await page.beforeScripts(drawnCamera);
  return new Person(page, server, 'Tea at four', name);
}

/** In the page: every picture is there, and none is blown up beyond recognition. */
function isSharp() {
  const videos = [...document.querySelectorAll('.tile video')];
  return (
    videos.length >= document.querySelectorAll('.tile').length &&
    videos.every((v) => v.videoWidth > 0 && v.clientHeight <= 2.2 * v.videoHeight)
  );
}

async function take(person, name) {
  await waitFor(`${name} to be sharp`, () => person.page.evaluate(isSharp), { timeout: 40_000 });
  await new Promise((done) => setTimeout(done, 1500));
  await person.page.screenshot(resolve(folder, `${name}.png`));
  console.log(`docs/images/${name}.png`);
}

mkdirSync(folder, { recursive: true });
const server = await Server.start({});
const browser = await launchChromium({});
try {
  const video = '640x360@10';
  const ada = await open(browser, server, 'Ada Lovelace', kDesktop);
  await ada.page.goto(`${server.origin}/?room=Tea+at+four&name=Ada+Lovelace`);
  await waitFor('the preview', () =>
    ada.page.evaluate(() => document.querySelector('.mirror video')?.videoWidth > 0),
  );
  await take(ada, 'lobby');
  await ada.enter({ video });
  const guests = [];
  for (const name of kGuests) {
    const guest = await open(browser, server, name, { width: 480, height: 320 });
    await guest.enter({ video });
    guests.push(guest);
  }
  for (const guest of guests) await ada.seesFlow(guest.name, 'camera', { timeout: 60_000 });
  await guests[3].page.press('h');
  await take(ada, 'grid');
  await ada.page.press('g');
  await ada.page.press('c');
  await guests[0].page.evaluate(() => window.parley.client.sendChat('The kettle is on.'));
  await guests[2].page.evaluate(() =>
    window.parley.client.sendChat('Notes are at https://example.org/notes'),
  );
  await ada.page.evaluate(() => window.parley.client.sendChat('Thank you! Two minutes.'));
  await take(ada, 'speaker');
  await ada.page.press('Escape');
  await ada.page.press('g');
  await ada.page.press('Escape');
  await ada.page.evaluate(() => document.activeElement?.blur());
  await ada.page.press('t');
  await new Promise((done) => setTimeout(done, 12_000));
  await take(ada, 'statistics');
  for (const guest of guests.slice(2)) await guest.page.close();
  await ada.page.close();
  const phone = await open(browser, server, 'Ada Lovelace', kPhone, 'dark');
  await phone.enter({ video });
  await phone.seesFlow(guests[0].name, 'camera', { timeout: 30_000 });
  await take(phone, 'phone');
} finally {
  await browser.close();
  await server.stop();
}
