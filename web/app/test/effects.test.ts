import type { Platform } from '@parley/client';
import type { MediaProcessor, ProcessingOptions } from '@parley/client/processing';
import { describe, expect, it } from 'vitest';
import { Effects } from '../src/effects/effects.js';

interface FakeTrack {
  kind: 'audio' | 'video';
  processed?: boolean;
}

/** Devices that open, and a processor that notes what it is told. */
function setUp(choice: ConstructorParameters<typeof Effects>[0], loads = true) {
  const told: ProcessingOptions[] = [];
  let loaded = 0;
  const effects = new Effects(choice, async (options) => {
    loaded += 1;
    if (!loads) throw new Error('no model');
    told.push(options);
    return {
      on: () => () => {},
      update: async (next: ProcessingOptions) => void told.push(next),
      processAudio: async (track: FakeTrack) => ({ ...track, processed: true }),
      processVideo: async (track: FakeTrack) => ({ ...track, processed: true }),
    } as unknown as MediaProcessor;
  });
  const failures: string[] = [];
  effects.onFailed = (kind, reason) => failures.push(`${kind}: ${reason}`);
  const mediaDevices = {
    getUserMedia: async ({ audio, video }: MediaStreamConstraints) => ({
      getTracks: () => [
        ...(audio ? [{ kind: 'audio' }] : []),
        ...(video ? [{ kind: 'video' }] : []),
      ],
    }),
    enumerateDevices: async () => ['a device'],
  };
  const createStream = (tracks: unknown) => tracks;
  const platform = effects.platform({ mediaDevices, createStream } as unknown as Platform);
  const open = async (constraints: MediaStreamConstraints) =>
    (await platform.mediaDevices!.getUserMedia(constraints)) as unknown as FakeTrack[];
  return { effects, platform, open, told, failures, loaded: () => loaded };
}

describe('effects', () => {
  it('load nothing while nothing is chosen', async () => {
    const { open, loaded } = setUp({ background: 'none', noiseSuppression: false });
    expect(await open({ audio: true, video: true })).toEqual([
      { kind: 'audio' },
      { kind: 'video' },
    ]);
    expect(loaded()).toBe(0);
  });

  it('change only the kind that was chosen', async () => {
    const { open, told } = setUp({ background: 'blur', noiseSuppression: false });
    const [audio, video] = await open({ audio: true, video: true });
    expect(audio!.processed).toBeUndefined();
    expect(video!.processed).toBe(true);
    expect(told[0]!.video!.background).toEqual({ blur: 12 });
    expect(told[0]!.audio).toMatchObject({ compressor: false, noiseGate: false });
  });

  it('say which devices must be opened anew', async () => {
    const { effects, open } = setUp({ background: 'none', noiseSuppression: false });
    expect(await effects.choose({ background: 'blur' })).toEqual(['video']);
    expect(await effects.choose({ noiseSuppression: true })).toEqual(['audio']);
    const [audio] = await open({ audio: true });
    expect(audio!.processed).toBe(true);
    expect(await effects.choose({ background: 'none', noiseSuppression: false })).toEqual([
      'audio',
      'video',
    ]);
    expect(await effects.choose({ background: 'none' })).toEqual([]);
  });

  it('go on without what cannot be had, say so, and try again with the next device', async () => {
    const { open, failures, loaded } = setUp(
      { background: 'blur', noiseSuppression: false },
      false,
    );
    expect(await open({ video: true })).toEqual([{ kind: 'video' }]);
    expect(failures).toEqual(['video: no model']);
    await open({ video: true });
    expect(loaded()).toBe(2);
  });

  it('leave the rest of the browser as it is', async () => {
    const { platform } = setUp({ background: 'blur', noiseSuppression: true });
    expect(await platform.mediaDevices!.enumerateDevices()).toEqual(['a device']);
  });
});
