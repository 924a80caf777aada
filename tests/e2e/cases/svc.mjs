// One camera in spatial layers of one stream: a subscriber goes down and up between them, and what
// it decodes has the size that it wished for.

import { Person } from '../lib/person.mjs';
import { waitFor } from '../lib/wait.mjs';

/** The camera's section gets one encoding of this mode and codec alone. */
const onlyMode = (codec, mode) => `{
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (track, init) {
    const video = (track.kind ?? track) === 'video';
    if (!video || init?.direction !== 'sendonly') return add.call(this, track, init);
    const encoding = { scalabilityMode: '${mode}', maxBitrate: 2_000_000 };
    const transceiver = add.call(this, track, { ...init, sendEncodings: [encoding] });
    transceiver.setCodecPreferences(RTCRtpSender.getCapabilities('video').codecs.filter((codec) =>
      ['video/${codec}', 'video/rtx'].includes(codec.mimeType)));
    return transceiver;
  };
}`;

const modes = [
  { codec: 'VP9', mode: 'L3T3_KEY', heights: { low: 180, medium: 360, high: 720 } },
  { codec: 'VP9', mode: 'L3T3', heights: { low: 180, medium: 360, high: 720 } },
  { codec: 'AV1', mode: 'L2T2', heights: { low: 360, high: 720 } },
];

export const cases = modes.map(({ codec, mode, heights }) => ({
  name: `${codec} ${mode}, and a subscriber that goes down and up`,
  needs: ['chromium'],
  async run(t) {
    const server = await t.server();
    const chromium = await t.chromium();
    const room = `svc-${codec}-${mode}`;
    const page = await chromium.newPage();
    await page.beforeScripts(onlyMode(codec, mode));
    const ada = t.watch(new Person(page, server, room, 'Ada'));
    await ada.enter({ video: '1280x720@20' });
    const bob = await t.join(chromium, server, { room, name: 'Bob', video: '160x90@5' });
    await bob.seesFlow('Ada', 'camera', { timeout: 30_000 });
    for (const layer of ['high', 'low', 'high', 'medium', 'low']) {
      if (!heights[layer]) continue;
      await bob.wish('Ada', layer);
      await waitFor(
        `the picture to have ${heights[layer]} lines (${layer})`,
        async () => (await bob.received('Ada', 'camera'))?.height === heights[layer],
        {
          timeout: 45_000,
          explain: async () => [await bob.received('Ada', 'camera'), await ada.stats()],
        },
      );
      await bob.seesFlow('Ada', 'camera');
    }
  },
}));
