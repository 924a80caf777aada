// One 1280x720 camera sends three real layers; a subscriber switches between them.

import { check, waitFor } from '../lib/wait.mjs';

const kHeights = { high: 720, medium: 360, low: 180 };
/** libwebrtc starts at 300 kbit/s and turns layers on as its estimate grows. */
const kRampMs = 45_000;

export const cases = [
  {
    name: 'three simulcast layers, and a subscriber that switches between them',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const room = 'layers';
      const ada = await t.join(chromium, server, { room, name: 'Ada', video: '1280x720@20' });
      const bob = await t.join(chromium, server, { room, name: 'Bob', video: '160x90@5' });

      const sent = await waitFor('three layers to be encoded', () => layersOf(ada), {
        timeout: kRampMs,
        explain: () => ada.stats(),
      });
      for (const [rid, height] of Object.entries(kHeights)) {
        check(
          sent[rid]?.height === height,
          `${rid} to be ${height} lines, got ${sent[rid]?.height}`,
        );
      }

      await bob.seesFlow('Ada', 'camera');
      for (const layer of ['low', 'high', 'medium', 'high', 'low', 'medium']) {
        await switchTo(bob, layer);
      }
      await wish(bob, 'auto');
      await waitFor(
        'auto to settle on a layer that the server names',
        async () => (await bob.received('Ada', 'camera'))?.layer?.sent,
        { explain: () => bob.received('Ada', 'camera') },
      );
      await bob.seesFlow('Ada', 'camera');
      await bob.seesFlow('Ada', 'microphone');
    },
  },
  {
    name: 'a layer wish of off stops a video, and auto brings it back',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      await t.join(chromium, server, { room: 'off', name: 'Ada' });
      const bob = await t.join(chromium, server, { room: 'off', name: 'Bob' });
      await bob.seesFlow('Ada', 'camera');
      await wish(bob, 'off');
      let before = -1;
      await waitFor('the frames to stop', async () => {
        const { frames } = await bob.received('Ada', 'camera');
        await new Promise((done) => setTimeout(done, 700));
        const still = frames === before;
        before = frames;
        return still;
      });
      await wish(bob, 'auto');
      await bob.seesFlow('Ada', 'camera');
    },
  },
];

async function layersOf(person) {
  const [connection] = await person.stats();
  const layers = (connection?.outbound ?? []).filter((s) => s.kind === 'video' && s.frames > 0);
  const byRid = Object.fromEntries(layers.map((s) => [s.rid, s]));
  const all = Object.entries(kHeights).every(([rid, height]) => byRid[rid]?.height === height);
  return all ? byRid : null;
}

function wish(person, layer) {
  return person.page.evaluate((wanted) => {
    const { client } = window.parley;
    for (const participant of client.participants.values()) {
      const track = participant.track('camera');
      if (track) client.setLayer(track.id, wanted);
    }
  }, layer);
}

async function switchTo(person, layer) {
  await wish(person, layer);
  await waitFor(
    `the picture to have ${kHeights[layer]} lines (${layer})`,
    async () => (await person.received('Ada', 'camera'))?.height === kHeights[layer],
    { explain: () => person.received('Ada', 'camera') },
  );
  await person.seesFlow('Ada', 'camera');
}
