// How many columns make 16:9 tiles largest in a given space.

export interface GridShape {
  columns: number;
  tileWidth: number;
  tileHeight: number;
}

const kAspect = 16 / 9;

export function fitGrid(count: number, width: number, height: number, gap: number): GridShape {
  let best: GridShape = { columns: 1, tileWidth: 0, tileHeight: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    const tileWidth = Math.max(0, Math.min(cellWidth, cellHeight * kAspect));
    if (tileWidth > best.tileWidth) {
      best = { columns, tileWidth, tileHeight: tileWidth / kAspect };
    }
  }
  return best;
}
