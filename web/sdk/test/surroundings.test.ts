// What a room does when its page goes to the background, its battery gets low, its device is turned.

import { beforeEach, describe, expect, it } from 'vitest';
import { kBackgroundMs } from '../src/background.js';
import type { ConferenceOptions } from '../src/conference.js';
import { FakeBattery, FakeElement, settle } from './fakes.js';
import { FakeRoom, person } from './room.js';

const camera = (id: string, source = 'camera') => ({
  id: `${id}.${source}`,
  participant: id,
  kind: 'video',
  source,
  muted: false,
  forceMuted: false,
  simulcast: true,
  codec: 'VP8',
});

let room: FakeRoom;
const wishes = () => room.socket.sentOf('layer-wish').map((m) => `${m.track} ${m.layer}`);
const enter = async (options: ConferenceOptions = {}) => {
  room = new FakeRoom(options);
  const ann = { ...person('ann'), tracks: [camera('ann'), camera('ann', 'screen')] };
  await room.enter({ participants: [ann] });
};
const encodings = () => {
  const { transceivers } = room.platform.connection;
  return transceivers.find((t) => t.kind === 'video')!.sender.encodings;
};

beforeEach(() => enter());

describe('a room in the background', () => {
  it('asks for no video, and for what was wished for when it is seen again', async () => {
    const states: boolean[] = [];
    room.client.on('background', ({ paused }) => states.push(paused));
    room.client.setLayer('ann.camera', 'low');
    room.platform.page.hide();
    await room.platform.advance(kBackgroundMs);
    expect(wishes().slice(1)).toEqual(['ann.camera off', 'ann.screen off']);
    expect(states).toEqual([true]);
    expect(room.client.cameraOn).toBe(true);
    room.platform.page.hide(false);
    expect(wishes().slice(3)).toEqual(['ann.camera low', 'ann.screen auto']);
    expect(states).toEqual([true, false]);
  });

  it('does not ask for video of those who come meanwhile', async () => {
    room.platform.page.hide();
    await room.platform.advance(kBackgroundMs);
    await room.receive({ type: 'participant-joined', participant: person('bob') });
    await room.receive({ type: 'track-published', track: camera('bob') });
    expect(wishes().at(-1)).toBe('bob.camera off');
    room.client.setLayer('bob.camera', 'high');
    expect(wishes().at(-1)).toBe('bob.camera off');
    room.platform.page.hide(false);
    expect(wishes().at(-1)).toBe('bob.camera high');
  });

  it('asks on where the page wants that', async () => {
    await enter({ background: 'keep' });
    room.platform.page.hide();
    await room.platform.advance(60_000);
    expect(wishes()).toEqual([]);
  });

  it('leaves nothing behind when it is left', async () => {
    room.platform.page.hide();
    await room.client.play(new FakeElement().asElement);
    await room.client.leave();
    expect(room.platform.page.listeners).toBe(0);
  });
});

describe('a room on a low battery', () => {
  it('sends its camera without the largest layer until it charges', async () => {
    room = new FakeRoom();
    const cell = new FakeBattery(0.15);
    room.platform.page.cell = cell;
    const told: boolean[] = [];
    room.client.on('battery', ({ saving }) => told.push(saving));
    await room.enter();
    await settle();
    expect(told).toEqual([true]);
    expect(encodings().map((e) => e.active)).toEqual([true, true, false]);
    cell.become(0.15, true);
    await settle();
    expect(told).toEqual([true, false]);
    expect(encodings().map((e) => e.active)).toEqual([true, true, true]);
  });

  it('is as ever where the page does not want that', async () => {
    room = new FakeRoom({ saveBattery: false });
    room.platform.page.cell = new FakeBattery(0.05);
    await room.enter();
    await settle();
    expect(encodings().map((e) => e.active)).toEqual([true, true, true]);
  });
});

describe('a room on a turned phone', () => {
  it('fits the layers to what the camera delivers then', async () => {
    const before = encodings().map((e) => e.maxBitrate!);
    room.devices.opened.find((t) => t.kind === 'video')!.settings = { width: 480, height: 640 };
    room.platform.page.turn();
    await room.platform.advance(0);
    await settle();
    const after = encodings().map((e) => e.maxBitrate!);
    expect(after.every((rate, i) => rate < before[i]!)).toBe(true);
  });

  it('changes nothing where width and height are swapped only', async () => {
    const before = encodings();
    room.devices.opened.find((t) => t.kind === 'video')!.settings = { width: 720, height: 1280 };
    room.platform.page.turn();
    await room.platform.advance(5000);
    expect(encodings()).toEqual(before);
  });
});

describe('sound in a room', () => {
  it('that is refused plays with the first touch', async () => {
    const told: boolean[] = [];
    room.client.on('playback', ({ blocked }) => told.push(blocked));
    const element = new FakeElement();
    expect(await room.client.play(element.asElement)).toBe(false);
    element.refusal = null;
    await room.platform.page.touch();
    expect(element.playing).toBe(true);
    expect(told).toEqual([true, false]);
  });
});
