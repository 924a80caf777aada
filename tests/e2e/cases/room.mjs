// A room of three Chromium pages and one Firefox: people leave and return, share a screen, lose
// their socket, and are left alone by somebody who sends garbage of every kind.

import { pesterMedia, pesterSignaling } from '../lib/garbage.mjs';
import { everybodySeesEverybody } from '../lib/person.mjs';
import { check, waitFor } from '../lib/wait.mjs';

const kRoom = 'everybody';

export const cases = [
  {
    name: 'three Chromium pages and one Firefox in one room, through thick and thin',
    needs: ['chromium', 'firefox'],
    run: (t) => roomOf(t, true),
  },
  {
    name: 'three Chromium pages in one room, through thick and thin',
    needs: ['chromium'],
    run: (t) => roomOf(t, false),
  },
];

async function roomOf(t, withFirefox) {
  const server = await t.server();
  const chromium = await t.chromium();
  const people = [];
  for (const name of ['Ada', 'Bob', 'Cyd']) {
    people.push(await t.join(chromium, server, { room: kRoom, name }));
  }
  if (withFirefox) {
    const firefox = await t.firefox();
    people.push(await t.join(firefox, server, { room: kRoom, name: 'Fox' }));
  }
  await everybodySeesEverybody(people);
  step('everybody decodes everybody');

  const [ada, bob] = people;
  await leaveAndReturn(t, chromium, server, people);
  step('one left and returned');
  await shareScreen(ada, people);
  step('one shared a screen');
  await dropAndResume(bob, people);
  step('one lost its socket and resumed');
  await muteAndUnmute(people[2], ada);
  step('one muted itself');
  await pester(server, ada, people);
  step('garbage did nothing');
}

function step(text) {
  console.log(`         ${text}`);
}

async function leaveAndReturn(t, chromium, server, people) {
  const index = people.findIndex((p) => p.name === 'Cyd');
  const cyd = people[index];
  const others = people.filter((p) => p !== cyd);
  t.people.splice(t.people.indexOf(cyd), 1);
  await cyd.leave();
  await Promise.all(
    others.map((p) => p.seesPeople(others.filter((o) => o !== p).map((o) => o.name))),
  );
  people[index] = await t.join(chromium, server, { room: kRoom, name: 'Cyd' });
  await everybodySeesEverybody(people);
}

async function shareScreen(sharer, people) {
  const others = people.filter((p) => p !== sharer);
  await sharer.page.click('[data-control=screen]');
  await Promise.all(others.map((p) => p.seesFlow(sharer.name, 'screen')));
  await sharer.page.click('[data-control=screen]');
  await Promise.all(
    others.map((p) =>
      waitFor(`${p.name} to see the screen go`, async () => {
        const client = await p.client();
        const tracks = client.participants.find((o) => o.name === sharer.name)?.tracks ?? [];
        return !tracks.some((track) => track.source === 'screen');
      }),
    ),
  );
  await Promise.all(others.map((p) => p.seesFlow(sharer.name, 'camera')));
}

async function dropAndResume(person, people) {
  const others = people.filter((p) => p !== person);
  for (const other of others) {
    await other.page.evaluate(() => {
      window.__departures = 0;
      window.parley.client.on('participantLeft', () => {
        window.__departures += 1;
      });
    });
  }
  await person.page.evaluate(() => {
    window.__resumed = [];
    window.parley.client.on('state', (state) => window.__resumed.push(state));
    window.__id = window.parley.client.clientId;
    // Not 1000 or 1001, which mean leaving.
    window.__probe.sockets.at(-1).close(3999);
  });
  await waitFor(`${person.name} to resume`, () =>
    person.page.evaluate(() => window.__resumed.join() === 'reconnecting,joined'),
  );
  const kept = await person.page.evaluate(() => ({
    sameId: window.parley.client.clientId === window.__id,
    connections: window.__probe.connections.length,
    connected: window.parley.client.peerConnections[0].connectionState,
  }));
  check(kept.sameId, 'the same participant after the resume');
  check(kept.connections === 1, `one media connection, got ${kept.connections}`);
  check(kept.connected === 'connected', `media to stay connected, got ${kept.connected}`);
  await everybodySeesEverybody(people);
  for (const other of others) {
    const departures = await other.page.evaluate(() => window.__departures);
    check(departures === 0, `${other.name} to see nobody leave, saw ${departures}`);
  }
  // And the resumed session still negotiates.
  await person.page.click('[data-control=screen]');
  await others[0].seesFlow(person.name, 'screen');
  await person.page.click('[data-control=screen]');
}

async function muteAndUnmute(person, observer) {
  const isMuted = async () => {
    const client = await observer.client();
    const tracks = client.participants.find((p) => p.name === person.name)?.tracks ?? [];
    return tracks.find((track) => track.source === 'microphone')?.muted;
  };
  await person.page.click('[data-control=microphone]');
  await waitFor('the mute to be seen', async () => (await isMuted()) === true);
  await person.page.click('[data-control=microphone]');
  await waitFor('the unmute to be seen', async () => (await isMuted()) === false);
  await observer.seesFlow(person.name, 'microphone');
}

async function pester(server, witness, people) {
  const candidates = await witness.page.evaluate(() => {
    const { sdp } = window.parley.client.peerConnections[0].remoteDescription;
    return [...sdp.matchAll(/a=candidate:\S+ 1 udp \d+ (\S+) (\d+)/gi)].map((m) => [m[1], +m[2]]);
  });
  check(candidates.length > 0, 'the server to list a UDP candidate');
  const before = await server.room(kRoom);
  await Promise.all([
    pesterSignaling(server, kRoom),
    pesterMedia([...candidates, ['127.0.0.1', server.mediaPort]]),
  ]);
  await everybodySeesEverybody(people);
  const after = await server.room(kRoom);
  const ids = (room) =>
    room.participants
      .map((p) => p.id)
      .sort()
      .join();
  check(ids(before) === ids(after), 'the same participants after the garbage');
  check((await server.get('/healthz')).status === 200, 'a healthy server');
}
