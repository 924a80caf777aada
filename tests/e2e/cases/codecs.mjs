// Codecs beyond the default, and media over TCP: what a browser is made to offer by a script that
// runs before the app's.

import { Person } from '../lib/person.mjs';
import { check, waitFor } from '../lib/wait.mjs';

/** Before its first offer, the page keeps only this codec (and its repair) for video. */
const onlyCodec = (name) => `{
  const createOffer = RTCPeerConnection.prototype.createOffer;
  RTCPeerConnection.prototype.createOffer = function (...args) {
    const wanted = RTCRtpSender.getCapabilities('video').codecs.filter((codec) =>
      ['video/${name}', 'video/rtx'].some((mime) => mime.toLowerCase() === codec.mimeType.toLowerCase()));
    for (const transceiver of this.getTransceivers()) {
      if (transceiver.sender.track?.kind === 'video') transceiver.setCodecPreferences(wanted);
    }
    return createOffer.apply(this, args);
  };
}`;

/** The page never learns of the server's UDP candidates. */
const onlyTcp = `{
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const sdp = description.sdp.replace(/^a=candidate:\\S+ \\d+ udp .*\\r\\n/gim, '');
    return set.call(this, { type: description.type, sdp });
  };
}`;

async function joinWith(t, browser, server, script, options) {
  const page = await browser.newPage();
  await page.beforeScripts(script);
  const person = t.watch(new Person(page, server, options.room, options.name));
  await person.enter({ video: options.video ?? '320x180@10' });
  return person;
}

export const cases = [
  ...['VP9', 'AV1', 'H264'].map((codec) => ({
    name: `${codec} is forwarded`,
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const room = codec;
      const bob = await t.join(chromium, server, { room, name: 'Bob' });
      await joinWith(t, chromium, server, onlyCodec(codec), { room, name: 'Ada' });
      await bob.seesFlow('Ada', 'camera');
      await bob.seesFlow('Ada', 'microphone');
      const picture = await bob.received('Ada', 'camera');
      check(picture.codec === `video/${codec}`, `${codec}, got ${picture.codec}`);
    },
  })),
  {
    name: 'Firefox is told of a video whose codec it lacks',
    needs: ['chromium', 'firefox'],
    async run(t) {
      const server = await t.server();
      const [chromium, firefox] = await Promise.all([t.chromium(), t.firefox()]);
      const room = 'lacking';
      const fox = await t.join(firefox, server, { room, name: 'Fox' });
      const ada = await joinWith(t, chromium, server, onlyCodec('H264'), { room, name: 'Ada' });
      await fox.seesFlow('Ada', 'microphone');
      await ada.seesFlow('Fox', 'camera');
      await waitFor('Firefox to know that it cannot play H.264', async () => {
        const client = await fox.client();
        const camera = client.participants
          .find((p) => p.name === 'Ada')
          ?.tracks.find((track) => track.source === 'camera');
        return camera && !camera.supported;
      });
    },
  },
  {
    name: 'media flows over TCP on the port of the web server where UDP is blocked',
    needs: ['chromium'],
    async run(t) {
      const key = 'an administrator of tests, long enough';
      const server = await t.server({
        args: ['--insecure-open'],
        listen: '0.0.0.0',
        settings: { PARLEY_ACCESS_ADMIN_KEY: key },
      });
      const chromium = await t.chromium();
      const room = 'tcp';
      const bob = await t.join(chromium, server, { room, name: 'Bob' });
      const ada = await joinWith(t, chromium, server, onlyTcp, { room, name: 'Ada' });
      await bob.seesFlow('Ada', 'camera');
      await ada.seesFlow('Bob', 'camera');
      const answer = await server.get(`/api/v1/rooms/${room}`, { authorization: `Bearer ${key}` });
      const { participants } = JSON.parse(answer.body);
      const by = Object.fromEntries(participants.map((p) => [p.metadata?.name ?? p.name, p]));
      const transport = by.Ada.transport ?? by.Ada.media?.transport;
      check(transport === 'tcp', `Ada to be on TCP, got ${JSON.stringify(by.Ada).slice(0, 400)}`);
    },
  },
];
