import { describe, expect, it } from 'vitest';
import { largestFirst } from '../src/statistics/order.js';

const sent = (mid: string, rid?: string, width?: number) => ({
  mid,
  rid,
  width,
  height: width && width / 2,
});
const order = (streams: ReturnType<typeof sent>[]) =>
  largestFirst(streams).map((s) => `${s.mid} ${s.rid ?? s.width ?? ''}`.trim());

describe('the list of what is sent', () => {
  it('has the layers of a video by size, also of one that rests', () => {
    const streams = [sent('0'), sent('1', 'low', 320), sent('1', 'high'), sent('1', 'medium', 640)];
    expect(order(streams)).toEqual(['0', '1 high', '1 medium', '1 low']);
  });

  it('orders layers of other names by their pictures, and keeps videos apart', () => {
    const streams = [sent('1', 'q', 320), sent('2', undefined, 1920), sent('1', 'f', 1280)];
    expect(order(streams)).toEqual(['1 f', '1 q', '2 1920']);
  });
});
