// Two people: the first thing that has to work, and how quickly it does.

import { everybodySeesEverybody } from '../lib/person.mjs';
import { check, median, waitFor } from '../lib/wait.mjs';

const kJoins = 9;
// Browsers write it with or without SRTP_ before it.
const isGcm = (cipher) => /^(SRTP_)?AEAD_AES_128_GCM$/.test(cipher);

export const cases = [
  {
    name: 'two Chromium pages exchange VP8 and Opus through the SFU',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const ada = await t.join(chromium, server, {
        room: 'pair',
        name: 'Ada',
        video: '640x360@15',
      });
      const bob = await t.join(chromium, server, {
        room: 'pair',
        name: 'Bob',
        video: '640x360@15',
      });
      await everybodySeesEverybody([ada, bob]);
      const picture = await ada.received('Bob', 'camera');
      const sound = await ada.received('Bob', 'microphone');
      check(picture.codec === 'video/VP8', `VP8, got ${picture.codec}`);
      check(sound.codec === 'audio/opus', `Opus, got ${sound.codec}`);
      check((await ada.client()).topology === 'sfu', 'an SFU room');
      const room = await server.room('pair');
      check(room?.participants?.length === 2, 'two participants in the API');
    },
  },
  {
    name: 'SRTP is protected with AES-128-GCM in Chromium',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const ada = await t.join(chromium, server, { room: 'cipher', name: 'Ada' });
      const transport = await waitFor('a DTLS connection', async () => {
        const [connection] = await ada.stats();
        return connection?.transport.find((s) => s.dtls === 'connected');
      });
      check(isGcm(transport.srtp), `AEAD_AES_128_GCM, got ${transport.srtp}`);
    },
  },
  {
    name: 'join to first decoded frame in Chromium',
    needs: ['chromium'],
    async run(t) {
      const server = await t.server();
      const chromium = await t.chromium();
      const room = 'quick';
      const ada = await t.join(chromium, server, { room, name: 'Ada', video: '640x360@20' });
      const times = [];
      for (let i = 0; i < kJoins; i += 1) {
        const name = `Visitor ${i}`;
        const visitor = await t.join(chromium, server, { room, name, video: '640x360@20' });
        await visitor.seesFlow('Ada', 'camera');
        const { joinPressedAt, firstFrameAt } = await visitor.client();
        check(firstFrameAt !== null, 'the first picture to be noticed');
        times.push(Math.round(firstFrameAt - joinPressedAt));
        t.people.pop();
        await visitor.leave();
        await ada.seesPeople([]);
      }
      console.log(`         single joins: ${times.join(', ')} ms`);
      t.measure('join to first decoded frame, median', median(times), 'ms');
    },
  },
  {
    name: 'Chromium and Firefox see and hear each other',
    needs: ['chromium', 'firefox'],
    async run(t) {
      const server = await t.server();
      const [chromium, firefox] = await Promise.all([t.chromium(), t.firefox()]);
      const ada = await t.join(chromium, server, { room: 'two kinds', name: 'Ada' });
      const fox = await t.join(firefox, server, { room: 'two kinds', name: 'Fox' });
      await everybodySeesEverybody([ada, fox]);
      const [connection] = await fox.stats();
      const cipher = connection.transport[0]?.srtp;
      if (cipher) check(isGcm(cipher), `AES-128-GCM in Firefox, got ${cipher}`);
    },
  },
];
