import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { blockDelay, FrameAdapter } from '../src/processing/frames.js';
import { NoiseGate } from '../src/processing/gate.js';
import { Governor } from '../src/processing/governor.js';
import {
  kDefaultAudio,
  kDefaultVideo,
  kNoiseGate,
  mergeAudio,
  mergeVideo,
  needsSegmentation,
} from '../src/processing/options.js';
import { cover } from '../src/processing/renderer.js';
import { kRnnoiseFrame, Rnnoise } from '../src/processing/rnnoise.js';
import { VoiceChain } from '../src/processing/voice.js';

const kRate = 48_000;

function tone(decibels: number, milliseconds: number, from = 0): Float32Array {
  const amplitude = 10 ** (decibels / 20) * Math.SQRT2;
  const samples = new Float32Array((milliseconds / 1000) * kRate);
  for (let i = 0; i < samples.length; i += 1) {
    samples[i] = amplitude * Math.sin((2 * Math.PI * 440 * (from + i)) / kRate);
  }
  return samples;
}

function rms(samples: Float32Array): number {
  let squares = 0;
  for (const sample of samples) squares += sample * sample;
  return 10 * Math.log10(squares / samples.length + 1e-20);
}

describe('noise gate', () => {
  const options = { ...kNoiseGate, lookAheadMs: 0 };

  function after(gate: NoiseGate, decibels: number, milliseconds: number): number {
    const samples = tone(decibels, milliseconds);
    gate.process([samples]);
    return rms(samples.subarray(-960)) - decibels;
  }

  it('opens at the threshold in true decibels, and not below', () => {
    const gate = new NoiseGate(kRate, options);
    expect(after(gate, -51, 500)).toBeLessThan(-60);
    expect(gate.open).toBe(false);
    expect(gate.levelDb).toBeCloseTo(-51, 0);
    expect(after(gate, -49, 500)).toBeCloseTo(0, 1);
    expect(gate.open).toBe(true);
  });

  it('stays open between the two levels for as long as it takes', () => {
    const gate = new NoiseGate(kRate, options);
    after(gate, -40, 200);
    expect(after(gate, -54, 5000)).toBeCloseTo(0, 1);
  });

  it('holds through a pause, and shuts after it', () => {
    const gate = new NoiseGate(kRate, options);
    after(gate, -30, 200);
    expect(after(gate, -70, 240)).toBeGreaterThan(-1);
    after(gate, -30, 50); // a word: the hold begins anew
    expect(after(gate, -70, 240)).toBeGreaterThan(-1);
    expect(after(gate, -70, 500)).toBeLessThan(-40);
  });

  it('changes its gain without a step', () => {
    const gate = new NoiseGate(kRate, options);
    const samples = new Float32Array(kRate).fill(0.1);
    samples.fill(0.0005, kRate / 2);
    gate.process([samples]);
    let largest = 0;
    for (let i = 1; i < samples.length; i += 1) {
      if (i === kRate / 2) continue; // the sound's own
      largest = Math.max(largest, Math.abs(samples[i]! - samples[i - 1]!));
    }
    expect(largest).toBeLessThan(0.1 * 0.03);
  });

  it('delays all channels by its look-ahead', () => {
    const gate = new NoiseGate(kRate, { ...kNoiseGate, threshold: -100, lookAheadMs: 5 });
    const [left, right] = [new Float32Array(1000), new Float32Array(1000)];
    left[100] = 0.5;
    right[110] = 0.25;
    gate.process([left, right]);
    expect(gate.delaySamples).toBe(240);
    expect(left.findIndex((v) => v !== 0)).toBe(340);
    expect(right.findIndex((v) => v !== 0)).toBe(350);
  });
});

describe('frame adapter', () => {
  it('needs no more delay than the block sizes make necessary', () => {
    expect(blockDelay(128, 480)).toBe(448);
    expect(blockDelay(480, 480)).toBe(0);
  });

  it('gives every sample back once, in order, after that delay', () => {
    const adapter = new FrameAdapter(480);
    const out: number[] = [];
    for (let block = 0; block < 100; block += 1) {
      const samples = Float32Array.from({ length: 128 }, (_, i) => block * 128 + i + 1);
      adapter.process(samples, () => {});
      out.push(...samples);
    }
    expect(out.slice(0, 448).every((v) => v === 0)).toBe(true);
    expect(out.slice(448)).toEqual(Array.from({ length: out.length - 448 }, (_, i) => i + 1));
  });
});

describe('RNNoise', () => {
  const { resolve } = createRequire(import.meta.url);

  it.each(['rnnoise.wasm', 'rnnoise_simd.wasm'])('takes the noise of a room away (%s)', (name) => {
    const program = readFileSync(resolve(`@sapphi-red/web-noise-suppressor/${name}`));
    const channel = new Rnnoise(program).createChannel();
    const frame = new Float32Array(kRnnoiseFrame);
    let noise = 0;
    let random = 1;
    let before = 0;
    for (let n = 0; n < 200; n += 1) {
      for (let i = 0; i < frame.length; i += 1) {
        random = (random * 48_271) % 2_147_483_647;
        noise += 0.1 * (0.1 * (random / 1_073_741_823 - 1) - noise);
        frame[i] = noise;
      }
      before = rms(frame);
      channel.process(frame);
    }
    expect(before - rms(frame)).toBeGreaterThan(20);
    expect(channel.voice).toBeLessThan(0.5);
    channel.destroy();
  });

  it('refuses what is no program', () => {
    expect(() => new Rnnoise(new Uint8Array([1, 2, 3]))).toThrow();
  });

  it('is told with its whole delay, and not before it runs', () => {
    const chain = new VoiceChain(kRate);
    chain.configure({ noiseGate: kNoiseGate, noiseSuppression: true });
    chain.process([new Float32Array(128)]);
    expect(chain.report()).toMatchObject({ suppressing: false, delaySamples: 144 });
    chain.load(readFileSync(resolve('@sapphi-red/web-noise-suppressor/rnnoise.wasm')));
    chain.process([new Float32Array(128)]);
    expect(chain.report()).toMatchObject({ suppressing: true, delaySamples: 144 + 448 + 480 });
  });
});

describe('governor', () => {
  function spend(governor: Governor, cost: number, frames: number, from: number) {
    const steps = [];
    let now = from;
    for (let i = 0; i < frames; i += 1) {
      now += 50;
      const step = governor.spent(cost, 15, now);
      if (step) steps.push(step);
    }
    return { steps, now };
  }

  it('steps down for the battery at once, not above that before it charges, and up again then', () => {
    const governor = new Governor(0);
    expect(governor.spare(true, 'the battery is at 15 %', 0)).toMatchObject({
      level: 2,
      reason: 'the battery is at 15 %',
    });
    spend(governor, 1, 600, 0);
    expect(governor.level).toBe(2);
    governor.reset(20_000);
    expect(governor.level).toBe(2);
    expect(governor.spare(true, 'again', 20_000)).toBeNull();
    expect(governor.spare(false, 'the battery charges', 20_000)?.level).toBe(0);
  });

  it('saves nothing for the battery where nothing is segmented', () => {
    const governor = new Governor(0, (level) => level === 0 || level >= 3);
    expect(governor.spare(true, 'the battery is at 15 %', 0)).toBeNull();
    expect(governor.level).toBe(0);
  });

  it('bears one slow frame, and goes down when most are', () => {
    const governor = new Governor(0);
    spend(governor, 5, 20, 0);
    expect(governor.spent(100, 15, 2000)).toBeNull();
    const { steps } = spend(governor, 20, 100, 2000);
    expect(steps.map((s) => s.level)).toEqual([1, 2, 3, 4]);
    expect(steps[0]?.reason).toMatch(/^a frame took .* ms of 15\.0 ms$/);
    expect(governor.effort.effects).toBe(false);
  });

  it('passes over steps that would change nothing', () => {
    const governor = new Governor(0, (level) => level === 0 || level >= 3);
    expect(spend(governor, 20, 40, 0).steps.map((s) => s.level)).toEqual([3, 4]);
  });

  it('comes back when there is room, ever later when it does not hold', () => {
    const governor = new Governor(0);
    let { now } = spend(governor, 20, 20, 0);
    const waits: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      const began = now;
      const up = spend(governor, 5, 1, now);
      now = up.now;
      while (governor.level === 1) now = spend(governor, 5, 1, now).now;
      waits.push(now - began);
      while (governor.level === 0) now = spend(governor, 20, 1, now).now;
    }
    expect(waits[0]).toBeLessThan(7000);
    expect(waits[3]).toBeGreaterThan(2 * waits[0]!);
  });

  it('stays where it is when the step above would not fit', () => {
    const governor = new Governor(0);
    const { now } = spend(governor, 20, 20, 0);
    spend(governor, 10, 2000, now);
    expect(governor.level).toBe(1);
  });
});

describe('options', () => {
  it('keep what a change does not name', () => {
    const once = mergeAudio(kDefaultAudio, { noiseGate: { threshold: -40 }, gain: 2 });
    const twice = mergeAudio(once, { compressor: false });
    expect(twice).toMatchObject({ gain: 2, compressor: null, highPass: { frequency: 100 } });
    expect(twice.noiseGate).toEqual({ ...kNoiseGate, threshold: -40 });
    expect(mergeAudio(twice, { compressor: true }).compressor).toMatchObject({
      ratio: 12,
      knee: 40,
    });
  });

  it('are held within what the browser takes, and refused when they are no numbers', () => {
    expect(mergeVideo(kDefaultVideo, { blur: 1e6 }).blur).toBe(64);
    expect(() => mergeVideo(kDefaultVideo, { brightness: Number.NaN })).toThrow(RangeError);
    expect(() => mergeAudio(kDefaultAudio, { noiseGate: { holdMs: '1' as never } })).toThrow();
  });

  it('want the person found only for a background', () => {
    expect(needsSegmentation(mergeVideo(kDefaultVideo, { blur: 5 }))).toBe(false);
    expect(needsSegmentation(mergeVideo(kDefaultVideo, { background: { blur: 0 } }))).toBe(false);
    expect(needsSegmentation(mergeVideo(kDefaultVideo, { background: { image: 'a' } }))).toBe(true);
  });
});

it('an image fills the picture, cut on both sides alike', () => {
  expect(cover({ width: 400, height: 300 }, 1600, 900)).toEqual({
    x: 0,
    y: 37.5,
    width: 400,
    height: 225,
  });
  expect(cover({ width: 400, height: 100 }, 100, 100)).toMatchObject({ x: 150, width: 100 });
});
