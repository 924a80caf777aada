import { describe, expect, it } from 'vitest';
import { fitGrid } from '../src/grid.js';

describe('the grid', () => {
  it('fits inside its space, for any number of people', () => {
    for (let count = 1; count <= 49; count += 1) {
      const { columns, tileWidth, tileHeight } = fitGrid(count, 1200, 700, 10);
      const rows = Math.ceil(count / columns);
      expect(columns * tileWidth + (columns - 1) * 10).toBeLessThanOrEqual(1200.001);
      expect(rows * tileHeight + (rows - 1) * 10).toBeLessThanOrEqual(700.001);
      expect(tileWidth / tileHeight).toBeCloseTo(16 / 9);
    }
  });

  it('stacks people on a phone and sets them side by side on a wide screen', () => {
    expect(fitGrid(2, 400, 800, 10).columns).toBe(1);
    expect(fitGrid(2, 1600, 700, 10).columns).toBe(2);
  });

  it('takes no space for what it is', () => {
    expect(fitGrid(3, 0, 0, 10).tileWidth).toBe(0);
  });
});
