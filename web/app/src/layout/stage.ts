// Where every tile of the call stands: a grid in pages, or one tile in the middle and the others in
// a strip. Pure, so that a change of size, people or view is a change of numbers, and tiles glide.

import { type Aspect, fitGrid, fitTile, gridRects, type Rect } from './grid.js';

export interface StageTile {
  id: string;
  screen?: boolean | undefined;
  self?: boolean | undefined;
}

export interface StageInput {
  /** In the order in which people came. */
  tiles: readonly StageTile[];
  /** The tile in the middle; null for a grid. */
  focus: string | null;
  width: number;
  height: number;
  page: number;
}

export interface StageLayout {
  /** The tiles that are seen; the others are on other pages. */
  rects: Map<string, Rect>;
  page: number;
  pages: number;
  /** Page of every tile that turns with the pages. */
  pageOf: Map<string, number>;
  /** Stands above the others: the own picture on a phone. */
  floating: string | null;
  /** Where the pages turn: the whole stage, or the strip. */
  turning: Rect;
}

export const kGap = 10;
export const kMostOnPage = 49;
/** A phone's screen and decoder carry fewer. */
const kMostOnSmallPage = 8;
/** A smaller tile shows no face. */
const kSmallestTile = 140;
const kSmallStage = 620;

const kLandscape: Aspect = { narrowest: 4 / 3, widest: 16 / 9 };
const kPortrait: Aspect = { narrowest: 3 / 4, widest: 16 / 9 };
const kStripTile = 16 / 9;

export function layOut(input: StageInput): StageLayout {
  const { tiles, width, height } = input;
  const empty = { rects: new Map(), pageOf: new Map(), page: 0, pages: 1, floating: null };
  const whole = { x: 0, y: 0, width, height };
  if (tiles.length === 0 || width <= 0 || height <= 0) return { ...empty, turning: whole };
  const focused = input.focus === null ? undefined : tiles.find((t) => t.id === input.focus);
  if (focused) return withFocus(input, focused);
  const self = tiles.find((t) => t.self && !t.screen);
  if (tiles.length === 2 && self && isSmall(width, height)) {
    return { ...empty, ...faceToFace(tiles, self.id, width, height), turning: whole };
  }
  return grid(input);
}

function isSmall(width: number, height: number): boolean {
  return Math.min(width, height) < kSmallStage && (width < kSmallStage || height < kSmallStage / 2);
}

/** On a phone a call of two is the other person, and a small mirror in the corner. */
function faceToFace(tiles: readonly StageTile[], self: string, width: number, height: number) {
  const mirrorWidth = Math.round(Math.max(84, Math.min(width, height) * 0.28));
  const mirrorHeight = Math.round(width > height ? (mirrorWidth * 9) / 16 : (mirrorWidth * 4) / 3);
  const mirror = {
    x: width - mirrorWidth - kGap,
    y: height - mirrorHeight - kGap,
    width: mirrorWidth,
    height: mirrorHeight,
  };
  const other = tiles.find((t) => t.id !== self)!;
  const rects = new Map([
    [other.id, { x: 0, y: 0, width, height }],
    [self, mirror],
  ]);
  return { rects, floating: self };
}

function grid({ tiles, width, height, page }: StageInput): StageLayout {
  const aspect = height > width ? kPortrait : kLandscape;
  const most = isSmall(width, height) ? kMostOnSmallPage : kMostOnPage;
  const capacity = pageCapacity(tiles.length, width, height, aspect, most);
  const pages = Math.ceil(tiles.length / capacity);
  const current = Math.min(Math.max(0, page), pages - 1);
  const shown = tiles.slice(current * capacity, (current + 1) * capacity);
  // Tiles of the last page are as large as those of the others: turning a page moves nothing.
  const shape = fitGrid(Math.min(capacity, tiles.length), width, height, kGap, aspect);
  const places = gridRects(
    pages > 1 ? shape : fitGrid(shown.length, width, height, kGap, aspect),
    shown.length,
    width,
    height,
    kGap,
  );
  return {
    rects: new Map(shown.map((tile, i) => [tile.id, places[i]!])),
    page: current,
    pages,
    pageOf: new Map(tiles.map((tile, i) => [tile.id, Math.floor(i / capacity)])),
    floating: null,
    turning: { x: 0, y: 0, width, height },
  };
}

/** The largest number of tiles that are not too small. */
export function pageCapacity(
  count: number,
  width: number,
  height: number,
  aspect: Aspect,
  most: number,
): number {
  for (let n = Math.min(count, most); n > 1; n -= 1) {
    if (fitGrid(n, width, height, kGap, aspect).tileWidth >= kSmallestTile) return n;
  }
  return 1;
}

function withFocus(input: StageInput, focused: StageTile): StageLayout {
  const { tiles, width, height } = input;
  const others = tiles.filter((t) => t.id !== focused.id);
  const beside = width > height * 1.05;
  const strip = stripOf(beside, width, height, others.length);
  const stage = beside
    ? { x: 0, y: 0, width: width - strip.thickness, height }
    : { x: 0, y: 0, width, height: height - strip.thickness };

  const pages = Math.max(1, Math.ceil(others.length / strip.capacity));
  const page = Math.min(Math.max(0, input.page), pages - 1);
  const shown = others.slice(page * strip.capacity, (page + 1) * strip.capacity);
  const rects = new Map<string, Rect>([[focused.id, middleRect(stage, focused)]]);
  // A full strip is centred as a whole, so that the last page starts where the others start.
  const places = pages > 1 ? strip.capacity : shown.length;
  const length = places * (strip.along + kGap) - kGap;
  const start = Math.max(0, ((beside ? height : width) - length) / 2);
  for (const [i, tile] of shown.entries()) {
    const along = Math.round(start + i * (strip.along + kGap));
    const size = { width: strip.tileWidth, height: strip.tileHeight };
    const across = (beside ? stage.width : stage.height) + kGap;
    rects.set(
      tile.id,
      beside ? { x: across, y: along, ...size } : { x: along, y: across, ...size },
    );
  }
  return {
    rects,
    page,
    pages,
    pageOf: new Map(others.map((tile, i) => [tile.id, Math.floor(i / strip.capacity)])),
    floating: null,
    turning: beside
      ? { x: stage.width + kGap, y: 0, width: strip.thickness - kGap, height }
      : { x: 0, y: stage.height + kGap, width, height: strip.thickness - kGap },
  };
}

function stripOf(beside: boolean, width: number, height: number, count: number) {
  if (count === 0) return { thickness: 0, capacity: 1, along: 0, tileWidth: 0, tileHeight: 0 };
  const tileWidth = beside
    ? Math.round(Math.min(240, Math.max(120, width * 0.17)))
    : Math.round(Math.min(176, Math.max(112, width * 0.29)));
  const tileHeight = Math.round(tileWidth / kStripTile);
  const along = beside ? tileHeight : tileWidth;
  const thickness = (beside ? tileWidth : tileHeight) + kGap;
  const room = beside ? height : width;
  const fits = Math.max(1, Math.floor((room + kGap) / (along + kGap)));
  if (count <= fits) return { thickness, capacity: fits, along, tileWidth, tileHeight };
  // Room for the two buttons that turn the pages.
  const capacity = Math.max(1, Math.floor((room - 2 * kTurnerRoom + kGap) / (along + kGap)));
  return { thickness, capacity, along, tileWidth, tileHeight };
}

const kTurnerRoom = 44;

/** A screen has all the room; a person's picture keeps a shape that does not cut off the head. */
function middleRect(stage: Rect, tile: StageTile): Rect {
  if (tile.screen) return stage;
  const narrowest = stage.height > stage.width ? 3 / 4 : 1;
  const { width, height } = fitTile(stage, { narrowest, widest: 16 / 9 });
  return {
    x: Math.round(stage.x + (stage.width - width) / 2),
    y: Math.round(stage.y + (stage.height - height) / 2),
    width: Math.floor(width),
    height: Math.floor(height),
  };
}
