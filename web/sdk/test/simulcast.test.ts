import { beforeEach, describe, expect, it } from 'vitest';
import { SimulcastManager, type SimulcastOptions } from '../src/simulcast-manager.js';
import { FakePlatform, type FakeSender, FakeTrack, type FakeTransceiver } from './fakes.js';

type Encoding = RTCRtpEncodingParameters & { scalabilityMode?: string };

describe('a camera in layers', () => {
  let platform: FakePlatform;
  let manager: SimulcastManager;
  let camera: FakeTrack;
  let section: FakeTransceiver;
  let sender: FakeSender;

  const begin = (options: SimulcastOptions = {}) => {
    manager = new SimulcastManager(platform, options);
    const connection = platform.createPeerConnection({});
    const track = camera as unknown as MediaStreamTrack;
    section = manager.setupSimulcast(connection, track) as unknown as FakeTransceiver;
    sender = section.sender;
  };
  const real = () => sender as unknown as RTCRtpSender;
  const active = () => sender.encodings.filter((e) => e.active).map((e) => e.rid);
  const watched = (...rids: string[]) =>
    ['low', 'medium', 'high'].map((rid) => ({ rid, active: rids.includes(rid) }));

  beforeEach(() => {
    platform = new FakePlatform();
    camera = new FakeTrack('video');
    begin();
  });

  it('is sent in three encodings fitted to it, the smallest first', () => {
    expect(sender.encodings.map((e) => [e.rid, e.scaleResolutionDownBy])).toEqual([
      ['low', 4],
      ['medium', 2],
      ['high', 1],
    ]);
    const [low = 0, medium = 0, high = 0] = sender.encodings.map((e) => e.maxBitrate);
    expect(high).toBe(1_700_000);
    expect(low < medium && medium < high).toBe(true);
  });

  it('is sent in one layer alone when the page says so, and in all again', async () => {
    for (const quality of ['low', 'high', 'medium'] as const) {
      await manager.adjustQuality(quality);
      expect(active()).toEqual([quality]);
    }
    await manager.adjustQuality('auto');
    expect(active()).toEqual(['low', 'medium', 'high']);
    const set = sender.set;
    await manager.adjustQuality('auto');
    expect(sender.set).toBe(set);
  });

  it('rests where nobody watches, also the one chosen layer', async () => {
    await manager.setWatched(real(), watched('low'));
    expect(active()).toEqual(['low']);
    await manager.adjustQuality('high');
    expect(active()).toEqual(['high']); // somebody watches: they get what there is
    await manager.setWatched(real(), watched());
    expect(active()).toEqual([]);
    await manager.adjustQuality('auto');
    expect(active()).toEqual([]);
    await manager.watchAll(real());
    expect(active()).toEqual(['low', 'medium', 'high']);
  });

  it('spares its largest layer, and gives the next one to those who watch that', async () => {
    await manager.spare(true);
    expect(active()).toEqual(['low', 'medium']);
    await manager.setWatched(real(), watched('high'));
    expect(active()).toEqual(['medium']);
    await manager.setWatched(real(), watched('low'));
    expect(active()).toEqual(['low']);
    await manager.setWatched(real(), watched());
    expect(active()).toEqual([]);
    await manager.setWatched(real(), watched('high'));
    await manager.adjustQuality('high');
    expect(active()).toEqual(['medium']);
    await manager.adjustQuality('low');
    expect(active()).toEqual(['low']);
    await manager.spare(false);
    await manager.adjustQuality('auto');
    expect(active()).toEqual(['high']);
  });

  it('is one smaller picture while it is spared, where layers are in one encoding', async () => {
    begin({ layering: 'svc' });
    await manager.spare(true);
    const [one] = sender.encodings as Encoding[];
    expect(one).toMatchObject({ active: true, scaleResolutionDownBy: 2, scalabilityMode: 'L1T3' });
    await manager.spare(false);
    expect(sender.encodings[0]).toMatchObject({
      scaleResolutionDownBy: 1,
      scalabilityMode: 'L3T3_KEY',
    });
  });

  it('is fitted anew to another size, and left alone when it was only turned', async () => {
    camera.settings = { width: 720, height: 1280 };
    await manager.fit(real());
    expect(sender.set).toBe(0);
    camera.settings = { width: 640, height: 360 };
    await manager.fit(real());
    const [, , high] = sender.encodings;
    expect(high?.maxBitrate).toBe(601_041);
    expect(active()).toEqual(['low', 'medium', 'high']);
  });

  it('keeps to the limits of the page in each layer', async () => {
    begin({ maxBitrate: 850_000, maxFramerate: 20 });
    const before = sender.encodings.map((e) => e.maxBitrate);
    expect(before[2]).toBe(850_000);
    expect(sender.encodings.every((e) => e.maxFramerate === 20)).toBe(true);
    await manager.adjustQuality('low');
    await manager.adjustQuality('auto');
    expect(sender.encodings.map((e) => e.maxBitrate)).toEqual(before);
  });

  it('is one encoding in layers where the browser has scalability modes', async () => {
    begin({ layering: 'svc' });
    expect(manager.scalabilityMode).toBe('L3T3_KEY');
    expect(section.preferred[0]).toBe('video/VP9');
    const [encoding] = sender.encodings as Encoding[];
    expect(encoding).toMatchObject({ scalabilityMode: 'L3T3_KEY', maxBitrate: 1_700_000 });
    await manager.adjustQuality('medium');
    expect(sender.encodings[0]).toMatchObject({
      scalabilityMode: 'L1T3',
      scaleResolutionDownBy: 2,
      active: true,
    });
    await manager.adjustQuality('auto');
    expect(sender.encodings[0]).toMatchObject({
      scalabilityMode: 'L3T3_KEY',
      scaleResolutionDownBy: 1,
      maxBitrate: 1_700_000,
    });
  });

  it('is several encodings where the browser lacks the modes, or the codec', () => {
    platform.scalability = false;
    begin({ layering: 'svc' });
    expect(manager.scalabilityMode).toBeNull();
    expect(sender.encodings).toHaveLength(3);
    platform.scalability = true;
    begin({ layering: 'svc', codec: 'AV2' });
    expect(sender.encodings).toHaveLength(3);
  });

  it('prefers the codec that the page named', () => {
    platform.codecs.video.push('video/H264');
    begin({ codec: 'H264' });
    expect(section.preferred[0]).toBe('video/H264');
  });

  it('forgets what was closed', async () => {
    manager.forget(real());
    await manager.adjustQuality('low');
    expect(sender.set).toBe(0);
  });
});
