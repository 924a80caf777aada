import { beforeEach, describe, expect, it } from 'vitest';
import { Views } from '../src/views.js';
import { FakePlatform } from './fakes.js';

let platform: FakePlatform;
let views: Views;
let told: string[];
const element = () => ({}) as Element;

beforeEach(() => {
  platform = new FakePlatform();
  told = [];
  views = new Views(platform, (id) => {
    const size = views.sizeOf(id);
    told.push(size ? `${id} ${size.width}x${size.height}` : `${id} unknown`);
  });
});

describe('the size of a view', () => {
  it('is told at once, and then when it has rested', async () => {
    const one = element();
    views.observe('a.1', one);
    platform.resize(one, 640, 360);
    expect(told).toEqual(['a.1 640x360']);
    for (let width = 640; width > 320; width -= 20) {
      platform.resize(one, width, (width * 9) / 16);
      await platform.advance(50);
    }
    expect(told).toHaveLength(1);
    await platform.advance(300);
    expect(told).toEqual(['a.1 640x360', 'a.1 340x191.25']);
  });

  it('is not told again for a few pixels', async () => {
    const one = element();
    views.observe('a.1', one);
    platform.resize(one, 640, 360);
    platform.resize(one, 650, 366);
    await platform.advance(1000);
    expect(told).toHaveLength(1);
  });

  it('is that of the largest of several elements', async () => {
    const small = element();
    const large = element();
    const stopSmall = views.observe('a.1', small);
    const stopLarge = views.observe('a.1', large);
    platform.resize(small, 160, 90);
    platform.resize(large, 1280, 720);
    await platform.advance(300);
    expect(told.at(-1)).toBe('a.1 1280x720');
    stopLarge();
    await platform.advance(300);
    expect(told.at(-1)).toBe('a.1 160x90');
    stopSmall();
    await platform.advance(300);
    expect(told.at(-1)).toBe('a.1 unknown');
    expect(platform.watchedElements).toBe(0);
  });

  it('survives an element that is replaced by another', async () => {
    const first = element();
    const stop = views.observe('a.1', first);
    platform.resize(first, 640, 360);
    stop();
    const second = element();
    views.observe('a.1', second);
    platform.resize(second, 640, 360);
    await platform.advance(1000);
    expect(told).toEqual(['a.1 640x360']);
  });

  it('is as small as can be for what is hidden', () => {
    const one = element();
    views.observe('a.1', one);
    platform.resize(one, 0, 0);
    expect(told).toEqual(['a.1 1x1']);
  });

  it('leaves nothing behind when all ends', async () => {
    const one = element();
    views.observe('a.1', one);
    platform.resize(one, 640, 360);
    platform.resize(one, 100, 50);
    views.clear();
    await platform.advance(1000);
    expect(told).toHaveLength(1);
    expect(platform.timerCount).toBe(0);
    expect(platform.watchedElements).toBe(0);
  });
});
