// Where the lines of a graph's scale stand: at round numbers, so that they can be read.

/** The smallest of 1, 2, 4, 10, 20, 40, ... that is not below; its half is round too. */
export function roundTop(high: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, high)));
  return [1, 2, 4, 10].map((n) => n * unit).find((top) => top >= high) ?? 10 * unit;
}

export function tick(value: number): string {
  return value >= 1 || value === 0 ? String(Math.round(value)) : value.toFixed(1);
}
