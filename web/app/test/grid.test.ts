import { describe, expect, it } from 'vitest';
import { fitGrid, gridRects } from '../src/layout/grid.js';

const wide = { narrowest: 4 / 3, widest: 16 / 9 };
const gap = 10;

describe('the grid', () => {
  it('fits inside its space, for any number of people', () => {
    for (let count = 1; count <= 49; count += 1) {
      const { columns, rows, tileWidth, tileHeight } = fitGrid(count, 1200, 700, gap, wide);
      expect(columns * rows).toBeGreaterThanOrEqual(count);
      expect(columns * tileWidth + (columns - 1) * gap).toBeLessThanOrEqual(1200.001);
      expect(rows * tileHeight + (rows - 1) * gap).toBeLessThanOrEqual(700.001);
      expect(tileWidth / tileHeight).toBeGreaterThan(wide.narrowest - 0.001);
      expect(tileWidth / tileHeight).toBeLessThan(wide.widest + 0.001);
    }
  });

  it('stacks people on a phone and sets them side by side on a wide screen', () => {
    expect(fitGrid(2, 400, 800, gap, wide).columns).toBe(1);
    expect(fitGrid(2, 1600, 700, gap, wide).columns).toBe(2);
  });

  it('takes no space for what it is', () => {
    expect(fitGrid(3, 0, 0, gap, wide).tileWidth).toBe(0);
  });

  it('places tiles apart, inside, and the last row in the middle', () => {
    for (let count = 1; count <= 25; count += 1) {
      const shape = fitGrid(count, 1000, 600, gap, wide);
      const rects = gridRects(shape, count, 1000, 600, gap);
      expect(rects).toHaveLength(count);
      for (const [i, a] of rects.entries()) {
        expect(a.x).toBeGreaterThanOrEqual(0);
        expect(a.y).toBeGreaterThanOrEqual(0);
        expect(a.x + a.width).toBeLessThanOrEqual(1000);
        expect(a.y + a.height).toBeLessThanOrEqual(600);
        for (const b of rects.slice(i + 1)) {
          const apart =
            a.x + a.width <= b.x ||
            b.x + b.width <= a.x ||
            a.y + a.height <= b.y ||
            b.y + b.height <= a.y;
          expect(apart, `${count}: ${i}`).toBe(true);
        }
      }
      const last = rects.filter((r) => r.y === rects.at(-1)!.y);
      const left = last[0]!.x;
      const right = 1000 - last.at(-1)!.x - last.at(-1)!.width;
      expect(Math.abs(left - right)).toBeLessThanOrEqual(2);
    }
  });
});
