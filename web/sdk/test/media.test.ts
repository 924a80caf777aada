import { describe, expect, it } from 'vitest';
import { mediaErrorFrom } from '../src/errors.js';
import { capture, captureScreen, listDevices } from '../src/media.js';
import { bitrateFor, cameraEncodings } from '../src/simulcast.js';
import { FakePlatform, fakeStream } from './fakes.js';

const named = (name: string) => Object.assign(new Error(name), { name });

/** A platform whose getUserMedia refuses as told, and what was asked of it. */
function platformWith(refuse: (c: MediaStreamConstraints) => string | null) {
  const platform = new FakePlatform();
  const asked: MediaStreamConstraints[] = [];
  platform.mediaDevices = {
    getUserMedia: async (constraints: MediaStreamConstraints) => {
      asked.push(constraints);
      const name = refuse(constraints);
      if (name) throw named(name);
      return fakeStream([]);
    },
  } as unknown as MediaDevices;
  return { platform, asked };
}

describe('capture', () => {
  it('asks once when that works', async () => {
    const { platform, asked } = platformWith(() => null);
    const result = await capture(platform, { video: { deviceId: { exact: 'cam' } } });
    expect(result).toMatchObject({ step: 'wished', attempts: [] });
    expect(asked[0]?.video).toMatchObject({
      deviceId: { exact: 'cam' },
      width: { ideal: 1280 },
    });
  });

  it('takes any device when the wished one is gone', async () => {
    const { platform } = platformWith((c) => (c.video === true ? null : 'OverconstrainedError'));
    const result = await capture(platform, {});
    expect(result.step).toBe('basic');
    expect(result.attempts[0]?.error.code).toBe('constraints_unmet');
  });

  it('joins with sound alone when the camera is taken', async () => {
    const { platform } = platformWith((c) => (c.video ? 'NotReadableError' : null));
    const result = await capture(platform, {});
    expect(result.step).toBe('audio_only');
    expect(result.attempts.map((a) => a.error.code)).toEqual(['device_busy', 'device_busy']);
  });

  it('after a refusal tries the single kinds only', async () => {
    const { platform, asked } = platformWith((c) => (c.audio ? 'NotAllowedError' : null));
    const result = await capture(platform, {});
    expect(result.step).toBe('video_only');
    expect(asked).toHaveLength(3);
  });

  it('joins with nothing, or rejects with the first reason when something is required', async () => {
    const { platform } = platformWith(() => 'NotAllowedError');
    expect(await capture(platform, {})).toMatchObject({ stream: null, step: 'none' });
    await expect(capture(platform, {}, { required: true })).rejects.toMatchObject({
      code: 'permission_denied',
    });
  });

  it('tells an insecure page from a browser without devices', async () => {
    const platform = new FakePlatform();
    platform.secure = false;
    const result = await capture(platform, {});
    expect(result.attempts[0]?.error.code).toBe('insecure_page');
    platform.secure = true;
    await expect(captureScreen(platform)).rejects.toMatchObject({ code: 'unsupported' });
    expect(await listDevices(platform)).toEqual({ cameras: [], microphones: [], speakers: [] });
  });

  it('asks for nothing when nothing is wished', async () => {
    const { platform, asked } = platformWith(() => null);
    expect(await capture(platform, { audio: false, video: false })).toMatchObject({ step: 'none' });
    expect(asked).toHaveLength(0);
  });
});

describe('media errors', () => {
  it.each([
    ['NotAllowedError', 'permission_denied'],
    ['NotFoundError', 'device_missing'],
    ['NotReadableError', 'device_busy'],
    ['AbortError', 'cancelled'],
    ['SomethingNew', 'unknown'],
  ])('%s becomes %s with a remedy', (name, code) => {
    const error = mediaErrorFrom(named(name));
    expect(error.code).toBe(code);
    expect(error.remedy).not.toBe('');
  });
});

describe('simulcast encodings', () => {
  it('give a smaller picture less, but more for each pixel', () => {
    expect(bitrateFor(640, 360)).toBeLessThan(bitrateFor(1280, 720));
    expect(bitrateFor(640, 360) * 4).toBeGreaterThan(bitrateFor(1280, 720));
  });

  it('are three, smallest first, within a limit', () => {
    const encodings = cameraEncodings(1280, 720, { maxBitrate: 600_000, maxFramerate: 15 });
    expect(encodings.map((e) => e.rid)).toEqual(['low', 'medium', 'high']);
    expect(encodings[2]?.maxBitrate).toBe(600_000);
    expect(encodings.every((e) => e.maxFramerate === 15)).toBe(true);
    expect(encodings[0]!.maxBitrate!).toBeLessThan(encodings[1]!.maxBitrate!);
  });
});
