import { describe, expect, it } from 'vitest';
import { roundTop, tick } from '../src/statistics/scale.js';

describe("a graph's scale", () => {
  it('ends at a round number above everything', () => {
    const tops = [0, 0.4, 1, 1.1, 3, 4.5, 10, 319, 720, 1447].map(roundTop);
    expect(tops).toEqual([1, 1, 1, 2, 4, 10, 10, 400, 1000, 2000]);
  });

  it('says its numbers without idle digits', () => {
    expect([0, 0.5, 1, 200].map(tick)).toEqual(['0', '0.5', '1', '200']);
  });
});
