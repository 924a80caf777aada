import { describe, expect, it } from 'vitest';
import { kMostOnPage, layOut, type StageLayout, type StageTile } from '../src/layout/stage.js';

const people = (count: number): StageTile[] =>
  Array.from({ length: count }, (_, i) => ({ id: `p${i}`, self: i === 0 }));
const desktop = { width: 1280, height: 680 };
const phone = { width: 360, height: 560 };

function expectApart(layout: StageLayout, width: number, height: number): void {
  const rects = [...layout.rects].filter(([id]) => id !== layout.floating);
  for (const [i, [id, a]] of rects.entries()) {
    expect(a.x >= 0 && a.y >= 0, id).toBe(true);
    expect(a.x + a.width, id).toBeLessThanOrEqual(width);
    expect(a.y + a.height, id).toBeLessThanOrEqual(height);
    for (const [, b] of rects.slice(i + 1)) {
      const apart =
        a.x + a.width <= b.x ||
        b.x + b.width <= a.x ||
        a.y + a.height <= b.y ||
        b.y + b.height <= a.y;
      expect(apart, id).toBe(true);
    }
  }
}

describe('the stage', () => {
  it('shows everybody once over all pages, whatever the size', () => {
    for (const size of [desktop, phone, { width: 700, height: 340 }]) {
      for (const focus of [null, 'p1']) {
        for (const count of [2, 3, 9, 25, 49, 120]) {
          const tiles = people(count);
          const seen = new Set<string>();
          const pages = layOut({ tiles, focus, page: 0, ...size }).pages;
          for (let page = 0; page < pages; page += 1) {
            const layout = layOut({ tiles, focus, page, ...size });
            expect(layout.page).toBe(page);
            expectApart(layout, size.width, size.height);
            for (const id of layout.rects.keys()) seen.add(id);
          }
          expect(seen.size, `${count} ${focus} ${size.width}`).toBe(count);
        }
      }
    }
  });

  it('puts 49 on one page of a large screen, and a few on a phone', () => {
    const large = layOut({ tiles: people(49), focus: null, page: 0, width: 1880, height: 960 });
    expect(large.pages).toBe(1);
    expect(large.rects.size).toBe(kMostOnPage);
    expect(layOut({ tiles: people(49), focus: null, page: 0, ...phone }).rects.size).toBe(8);
  });

  it('leaves a page that is no more', () => {
    const layout = layOut({ tiles: people(3), focus: null, page: 7, ...desktop });
    expect(layout.page).toBe(0);
    expect(layout.rects.size).toBe(3);
  });

  it('gives the one in the middle most of the room', () => {
    const { rects } = layOut({ tiles: people(5), focus: 'p2', page: 0, ...desktop });
    const middle = rects.get('p2')!;
    for (const [id, rect] of rects) {
      if (id !== 'p2')
        expect(rect.width * rect.height * 8).toBeLessThan(middle.width * middle.height);
    }
  });

  it('is face to face with two on a phone', () => {
    const layout = layOut({ tiles: people(2), focus: null, page: 0, ...phone });
    expect(layout.floating).toBe('p0');
    expect(layout.rects.get('p1')).toEqual({ x: 0, y: 0, ...phone });
  });

  it('is empty without room or people', () => {
    expect(layOut({ tiles: people(3), focus: null, page: 0, width: 0, height: 0 }).rects.size).toBe(
      0,
    );
    expect(layOut({ tiles: [], focus: null, page: 0, ...desktop }).rects.size).toBe(0);
  });
});
