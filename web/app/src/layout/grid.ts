// How many columns make tiles largest in a given space.

export interface Aspect {
  /** Width over height of the narrowest tile, and of the widest. Pictures are cut to fit. */
  narrowest: number;
  widest: number;
}

export interface GridShape {
  columns: number;
  rows: number;
  tileWidth: number;
  tileHeight: number;
}

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export function fitGrid(
  count: number,
  width: number,
  height: number,
  gap: number,
  aspect: Aspect,
): GridShape {
  let best: GridShape = { columns: 1, rows: Math.max(1, count), tileWidth: 0, tileHeight: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const cell = {
      width: (width - gap * (columns - 1)) / columns,
      height: (height - gap * (rows - 1)) / rows,
    };
    const tile = fitTile(cell, aspect);
    if (tile.width * tile.height > best.tileWidth * best.tileHeight) {
      best = { columns, rows, tileWidth: tile.width, tileHeight: tile.height };
    }
  }
  return best;
}

/** The largest tile of an allowed shape in a space. */
export function fitTile(space: { width: number; height: number }, aspect: Aspect) {
  const width = Math.max(0, Math.min(space.width, space.height * aspect.widest));
  const height = Math.max(0, Math.min(space.height, width / aspect.narrowest));
  return { width, height };
}

/** Where the tiles stand: centred, the last row too. Whole pixels, so that edges stay sharp. */
export function gridRects(
  shape: GridShape,
  count: number,
  width: number,
  height: number,
  gap: number,
): Rect[] {
  const tile = { width: Math.floor(shape.tileWidth), height: Math.floor(shape.tileHeight) };
  const top = (height - (shape.rows * (tile.height + gap) - gap)) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / shape.columns);
    const inRow = Math.min(shape.columns, count - row * shape.columns);
    const left = (width - (inRow * (tile.width + gap) - gap)) / 2;
    return {
      x: Math.round(left + (index % shape.columns) * (tile.width + gap)),
      y: Math.round(top + row * (tile.height + gap)),
      ...tile,
    };
  });
}
