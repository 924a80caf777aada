import { beforeEach, describe, expect, it } from 'vitest';
import { type DeviceChange, watchDevices } from '../src/devices.js';
import type { DeviceLoss } from '../src/local.js';
import { FakeDevices, FakePlatform, settle } from './fakes.js';
import { FakeRoom } from './room.js';

describe('watching devices', () => {
  it('tells what came and went, once, and nothing when nothing did', async () => {
    const platform = new FakePlatform();
    const devices = new FakeDevices();
    platform.mediaDevices = devices.asDevices;
    const changes: DeviceChange[] = [];
    const stop = watchDevices(platform, (change) => changes.push(change));
    await settle();
    devices.pull('mic2');
    devices.dispatchEvent(new Event('devicechange'));
    await settle();
    devices.plug({ kind: 'videoinput', deviceId: 'cam3', label: 'New' });
    await settle();
    expect(
      changes.map((c) => [c.added.map((d) => d.label), c.removed.map((d) => d.label)]),
    ).toEqual([
      [[], ['Headset']],
      [['New'], []],
    ]);
    expect(changes[1]?.devices.cameras).toHaveLength(3);
    stop();
    devices.pull('cam3');
    await settle();
    expect(changes).toHaveLength(2);
  });

  it('does nothing where the browser has no devices', () => {
    expect(() => watchDevices(new FakePlatform(), () => {})()).not.toThrow();
  });
});

describe('in a call', () => {
  let room: FakeRoom;
  let losses: DeviceLoss[];
  const microphone = () => room.client.microphoneTrack;
  const camera = () => room.client.cameraTrack;
  const mutes = () => room.socket.sentOf('describe-track').map((m) => `${m.source} ${m.muted}`);

  beforeEach(async () => {
    room = new FakeRoom();
    losses = [];
    room.client.on('deviceLost', (loss) => losses.push(loss));
    await room.enter();
  });

  it('goes on with another microphone when one is pulled out, and says so', async () => {
    expect(microphone()?.label).toBe('Desk microphone');
    room.devices.pull('mic1');
    await settle();
    expect(losses).toEqual([
      { kind: 'audio', label: 'Desk microphone', replacement: 'Headset', error: null },
    ]);
    expect(microphone()?.label).toBe('Headset');
    expect(room.client.microphoneOn).toBe(true);
    expect(mutes().slice(-2)).toEqual(['microphone true', 'microphone false']);
    const sender = room.platform.connection.transceivers[0]?.sender;
    expect(sender?.track).toBe(microphone());
  });

  it('stays muted when the muted microphone is pulled out', async () => {
    await room.client.setMicrophone(false);
    room.devices.pull('mic1');
    await settle();
    expect(room.client.microphoneOn).toBe(false);
    expect(microphone()?.enabled).toBe(false);
    await room.client.setMicrophone(true);
    expect(microphone()?.label).toBe('Headset');
    expect(microphone()?.enabled).toBe(true);
  });

  it('says why when there is no other', async () => {
    room.devices.pull('cam2');
    room.devices.pull('cam1');
    await settle();
    expect(losses).toMatchObject([{ kind: 'video', label: 'Front camera', replacement: null }]);
    expect(losses[0]?.error?.code).toBe('device_missing');
    expect(room.client.cameraOn).toBe(false);
    expect(mutes().at(-1)).toBe('camera true');
  });

  it('notices a device that went without ending its track', async () => {
    await settle();
    room.devices.pull('cam1', { quietly: true });
    await settle();
    expect(losses).toMatchObject([{ label: 'Front camera', replacement: 'Back camera' }]);
    expect(room.devices.opened.find((t) => t.label === 'Front camera')?.stopped).toBe(true);
  });

  it('lets a late replacement go when the person switched off meanwhile', async () => {
    room.devices.pull('cam1');
    await room.client.setCamera(false);
    await settle();
    expect(room.client.cameraOn).toBe(false);
    expect(room.devices.opened.every((t) => t.kind === 'audio' || t.readyState === 'ended')).toBe(
      true,
    );
    expect(losses).toEqual([]);
  });

  it('shares one screen, whatever is pressed while the person chooses', async () => {
    await Promise.all([room.client.startScreenShare(), room.client.startScreenShare()]);
    const live = room.devices.shown.filter((t) => t.readyState === 'live');
    expect(live).toHaveLength(1);
    expect(room.client.screenTrack).toBe(live[0]);
    await room.client.stopScreenShare();
    expect(live[0]?.readyState).toBe('ended');
  });

  it('shares nothing that was chosen after stopping or leaving', async () => {
    const choosing = room.client.startScreenShare();
    await room.client.stopScreenShare();
    await choosing;
    expect(room.client.screenTrack).toBeNull();
    const again = room.client.startScreenShare();
    await room.client.leave();
    await again;
    expect(room.devices.shown.map((t) => t.readyState)).toEqual(['ended', 'ended']);
  });

  it('stays muted when the person muted while a microphone opened', async () => {
    await room.client.setMicrophone(false);
    room.devices.pull('mic1', { quietly: true });
    const old = microphone();
    old?.stop(); // as of a device that ended without an event
    const opening = room.client.setMicrophone(true);
    await room.client.setMicrophone(false);
    await opening;
    expect(room.client.microphoneOn).toBe(false);
  });

  it('changes devices, and back to the default', async () => {
    await room.client.setDevice('audio', 'mic2');
    expect(microphone()?.label).toBe('Headset');
    await room.client.setDevice('audio', '');
    expect(microphone()?.label).toBe('Desk microphone');
    expect(room.devices.opened.filter((t) => t.kind === 'audio' && !t.stopped)).toHaveLength(1);
  });

  it('switches to the next camera, and to the back of a phone', async () => {
    await room.client.switchCamera();
    expect(camera()?.label).toBe('Back camera');
    await room.client.switchCamera();
    expect(camera()?.label).toBe('Front camera');
    await room.client.switchCamera('environment');
    expect(camera()?.label).toBe('Back camera');
    expect(room.devices.asked.at(-1)?.video).toMatchObject({
      facingMode: { ideal: 'environment' },
    });
  });

  it('closes the old camera first where only one can be open', async () => {
    const open = room.devices.getUserMedia.bind(room.devices);
    room.devices.getUserMedia = async (wish) => {
      const busy = room.devices.opened.some((t) => t.kind === 'video' && t.readyState === 'live');
      if (wish.video && busy) throw Object.assign(new Error(), { name: 'NotReadableError' });
      return open(wish);
    };
    await room.client.setDevice('video', 'cam2');
    expect(camera()?.label).toBe('Back camera');
  });

  it('tells of devices that come and go, and stops with the call', async () => {
    const changes: DeviceChange[] = [];
    room.client.on('devicesChanged', (change) => changes.push(change));
    room.devices.plug({ kind: 'audioinput', deviceId: 'mic3', label: 'Third' });
    await settle();
    expect(changes).toHaveLength(1);
    await room.client.leave();
    room.devices.pull('mic3');
    await settle();
    expect(changes).toHaveLength(1);
  });
});
