// Media encrypted end to end through the real server: who has the keys decodes, who has none does
// not, and layers still switch.

import { Person } from '../lib/person.mjs';
import { check, waitFor } from '../lib/wait.mjs';

const kHeights = { high: 360, low: 90 };

/** A page with the SDK alone; `encrypted` false leaves encryption out. */
async function enter(t, browser, site, server, { room, name, size, ...options }) {
  const page = await browser.newPage();
  const person = t.watch(new Person(page, server, room, name));
  if (options.before) await page.beforeScripts(options.before);
  await page.goto(site.origin);
  await page.evaluate(
    async ([url, where, who, wish]) => {
      const { ConferenceClient } = await import('/index.js');
      const { EndToEndEncryption } = await import('/e2ee/index.js');
      const encryption = wish.plain
        ? null
        : new EndToEndEncryption({ passphrase: wish.passphrase });
      const client = new ConferenceClient({
        url,
        topology: wish.topology,
        encryption,
      });
      window.refused = [];
      window.rotations = 0;
      window.undecryptable = 0;
      encryption?.on('refused', (what) => window.refused.push(what));
      encryption?.on('rotated', () => {
        window.rotations += 1;
      });
      encryption?.on('undecryptable', ({ unknownKey, refused }) => {
        window.undecryptable += unknownKey + refused;
      });
      window.parley = { client };
      // Sound that nothing plays is not decoded.
      client.on('trackUpdated', ({ track }) => {
        if (track.kind !== 'audio' || !track.mediaTrack) return;
        const player = new Audio();
        player.srcObject = new MediaStream([track.mediaTrack]);
        void player.play();
      });
      window.encryption = encryption;
      const video = { width: wish.width, height: wish.height, frameRate: 15 };
      await client.join(where, { name: who, capture: { audio: true, video } });
    },
    [server.signalUrl, room, name, { ...size, ...options, before: undefined }],
  );
  return person;
}

const kSmall = { width: 320, height: 180 };

async function secured(person, count) {
  await waitFor(
    `${person.name} to share keys with ${count}`,
    () => person.page.evaluate((n) => window.encryption.secured.length === n, count),
    { explain: () => person.page.evaluate(() => [window.encryption.secured, window.refused]) },
  );
}

function statsOf(person) {
  return person.page.evaluate(() => window.encryption.stats);
}

async function sees(one, other) {
  await one.seesFlow(other.name, 'camera', { timeout: 30_000 });
  await one.seesFlow(other.name, 'microphone');
}

async function isSent(person, from) {
  return waitFor(`${person.name} to be sent ${from}'s media`, async () => {
    const [camera, microphone] = await Promise.all(
      ['camera', 'microphone'].map((source) => person.received(from, source)),
    );
    return camera?.packets > 30 && microphone?.packets > 30 ? { camera, microphone } : null;
  });
}

/** A page that encrypts, but has not the right key, gives its decoders nothing. */
async function decodesNothing(person, from) {
  const { camera } = await isSent(person, from);
  check(!camera.frames, `no picture to be decoded, got ${camera.frames}`);
}

/** What a page shows of somebody's camera, made small, as RGBA; null when it shows nothing. */
function pictureOf(person, from) {
  return person.page.evaluate(
    async ([name, patience]) => {
      const { client } = window.parley;
      const other = [...client.participants.values()].find((p) => p.name === name);
      const video = document.createElement('video');
      video.muted = true;
      video.srcObject = new MediaStream([other.track('camera').mediaTrack]);
      video.play().catch(() => {});
      const painted = await Promise.race([
        new Promise((done) => video.requestVideoFrameCallback(() => done(true))),
        new Promise((done) => setTimeout(() => done(false), patience)),
      ]);
      if (!painted) return null;
      const context = new OffscreenCanvas(32, 18).getContext('2d');
      context.drawImage(video, 0, 0, 32, 18);
      video.srcObject = null;
      return [...context.getImageData(0, 0, 32, 18).data];
    },
    [from, kPatienceMs],
  );
}

const kPatienceMs = 3000;
/** Mean difference of a colour's value: what two pictures of the same scene stay below. */
const kAlike = 12;

function difference(one, other) {
  return one.reduce((sum, value, i) => sum + Math.abs(value - other[i]), 0) / one.length;
}

/**
 * Whoever decodes ciphertext as if it were VP8 may get a picture out of it, since the frame's header
 * is clear and the decoder takes most octets for something: noise, not what the camera saw.
 */
async function showsNothingOf(person, from, whoSees) {
  await isSent(person, from);
  const [first, second] = [await pictureOf(whoSees, from), await pictureOf(whoSees, from)];
  check(first && second, `${whoSees.name} to show ${from}`);
  const same = difference(first, second);
  check(same < kAlike, `two pictures of ${from} to be alike, they differ by ${same}`);
  const shown = await pictureOf(person, from);
  const apart = shown && difference(first, shown);
  check(!shown || apart > 2 * kAlike, `noise for ${person.name}, it differs by ${apart}`);
  console.log(`${person.name} shows ${shown ? `noise, ${Math.round(apart)} apart` : 'nothing'}`);
}

export const cases = [
  {
    name: 'encrypted end to end: those with keys decode, who has none does not',
    needs: ['chromium'],
    async run(t) {
      const [server, site, chromium] = await Promise.all([t.server(), t.site(), t.chromium()]);
      const room = 'sealed';
      const ada = await enter(t, chromium, site, server, { room, name: 'Ada', size: kSmall });
      const bob = await enter(t, chromium, site, server, { room, name: 'Bob', size: kSmall });
      await Promise.all([secured(ada, 1), secured(bob, 1)]);
      await Promise.all([sees(ada, bob), sees(bob, ada)]);
      const checks = await Promise.all(
        [ada, bob].map((person) =>
          person.page.evaluate(() => window.encryption.checkNumber(window.encryption.secured[0])),
        ),
      );
      check(checks[0] && checks[0] === checks[1], `one check number, got ${checks}`);

      // Who has no encryption stands for the server: it holds what this page is sent.
      const eve = await enter(t, chromium, site, server, {
        room,
        name: 'Eve',
        size: kSmall,
        plain: true,
      });
      await showsNothingOf(eve, 'Ada', bob);
      const quiet = await bob.page.evaluate(() => window.encryption.stats.decrypted);
      check(quiet > 0, 'Bob to decrypt');
      // What was never encrypted is refused, so that nobody can speak without a key.
      await waitFor('Ada to refuse what Eve sends', async () => (await statsOf(ada)).refused > 10);
      const told = await ada.page.evaluate(() => window.undecryptable);
      check(told > 10, `the page to be told of what cannot be decrypted, got ${told}`);
      check(!(await ada.received('Eve', 'camera'))?.frames, 'no picture of Eve');

      const alone = await ada.page.evaluate(() => window.rotations);
      const cai = await enter(t, chromium, site, server, { room, name: 'Cai', size: kSmall });
      await secured(cai, 2);
      await waitFor('Ada to take a new key when Cai joins', () =>
        ada.page.evaluate((count) => window.rotations > count, alone),
      );
      await sees(cai, ada);
      const before = await ada.page.evaluate(() => window.rotations);
      await cai.page.evaluate(() => window.parley.client.leave());
      await waitFor('Ada to take a new key when Cai leaves', () =>
        ada.page.evaluate((count) => window.rotations > count, before),
      );
      await sees(bob, ada);
    },
  },
  {
    name: 'encrypted end to end: layers still switch',
    needs: ['chromium'],
    async run(t) {
      const [server, site, chromium] = await Promise.all([t.server(), t.site(), t.chromium()]);
      const room = 'sealed-layers';
      const size = { width: 640, height: 360 };
      const ada = await enter(t, chromium, site, server, { room, name: 'Ada', size });
      const bob = await enter(t, chromium, site, server, { room, name: 'Bob', size: kSmall });
      await sees(bob, ada);
      for (const layer of ['low', 'high', 'low', 'high']) {
        await bob.wish('Ada', layer);
        await waitFor(
          `the picture to have ${kHeights[layer]} lines (${layer})`,
          async () => (await bob.received('Ada', 'camera'))?.height === kHeights[layer],
          {
            timeout: 30_000,
            explain: async () => [await bob.received('Ada', 'camera'), await statsOf(bob)],
          },
        );
        await bob.seesFlow('Ada', 'camera');
      }
    },
  },
  {
    name: 'encrypted end to end without the server, by the older interface, and by passphrase',
    needs: ['chromium'],
    async run(t) {
      const [server, site, chromium] = await Promise.all([t.server(), t.site(), t.chromium()]);
      const room = 'sealed-mesh';
      const person = (name, passphrase) =>
        enter(t, chromium, site, server, {
          room,
          name,
          size: kSmall,
          passphrase,
          topology: 'mesh',
          // What older Chromium has.
          before: () => {
            delete window.RTCRtpScriptTransform;
          },
        });
      const ada = await person('Ada', 'correct horse');
      const bob = await person('Bob', 'correct horse');
      await Promise.all([secured(ada, 1), secured(bob, 1)]);
      await Promise.all([sees(ada, bob), sees(bob, ada)]);
      const eve = await person('Eve', 'battery staple');
      await decodesNothing(eve, 'Ada');
      await waitFor('Ada to be told of another passphrase', () =>
        ada.page.evaluate(() => window.refused.length > 0),
      );
    },
  },
  {
    name: 'encrypted end to end between Chromium and Firefox',
    needs: ['chromium', 'firefox'],
    async run(t) {
      const [server, site] = await Promise.all([t.server(), t.site()]);
      const [chromium, firefox] = await Promise.all([t.chromium(), t.firefox()]);
      const room = 'sealed-both';
      const ada = await enter(t, chromium, site, server, { room, name: 'Ada', size: kSmall });
      const bob = await enter(t, firefox, site, server, { room, name: 'Bob', size: kSmall });
      await Promise.all([secured(ada, 1), secured(bob, 1)]);
      await Promise.all([sees(ada, bob), sees(bob, ada)]);
    },
  },
];
