import { sizeOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { Shape } from '../types/tensor.ts';

/** A mask as a bug would have it. */
export interface MovedMask {
  readonly shape: Shape;
  readonly data: Float64Array;
  readonly how: string;
  readonly fix: string;
}

/**
 * The mask off by one column or row, either way, transposed, or inverted. The diagonal of a triangle moves; or the mask is read beside, and its edge repeated.
 * @param neutral the element that hides nothing
 */
export function* movedMasks(mask: Value, neutral: number): Iterable<MovedMask> {
  const { shape, data } = mask;
  const columns = shape.at(-1) ?? 1;
  const rows = shape.at(-2) ?? 1;
  if (columns < 2) return;
  const hidden = data.find((x) => x !== neutral);
  if (hidden === undefined) return;
  const at = (i: number, row: number, column: number): number =>
    data[i - (i % (rows * columns)) + row * columns + column] as number;
  const made = (f: (row: number, column: number, i: number) => number): Float64Array =>
    data.map((_, i) => f(Math.floor(i / columns) % rows, i % columns, i));
  const offset = triangle(mask, neutral);
  const clamp = (place: number, size: number): number => Math.min(size - 1, Math.max(0, place));
  for (const by of [1, -1]) {
    if (offset !== null) {
      const diagonal = made((row, column) => (column > row + offset + by ? hidden : neutral));
      const how = `off by one: each row sees one column ${by > 0 ? 'more' : 'less'}`;
      yield { shape, data: diagonal, how, fix: 'row i sees the columns 0 … i' };
    }
    // Read one place beside the right one, and at the edge where there is none: its last row may see all the same.
    const along = made((row, column, i) => at(i, row, clamp(column - by, columns)));
    yield { shape, data: along, how: `shifted by ${by} along its columns`, fix: 'it starts at column 0' };
    if (rows < 2) continue;
    const down = made((row, column, i) => at(i, clamp(row - by, rows), column));
    yield { shape, data: down, how: `shifted by ${by} along its rows`, fix: 'it starts at row 0' };
  }
  if (rows === columns) {
    const fix = 'the first index is the row (query), the second the column (key)';
    yield { shape, data: made((row, column, i) => at(i, column, row)), how: 'transposed', fix };
  }
  const inverted = data.map((x) => (x === neutral ? hidden : neutral));
  yield {
    shape,
    data: inverted,
    how: 'inverted: it hides what it should show',
    fix: 'what is masked and what is not are mixed up',
  };
}

/** By how many columns more than its own a row sees, for a mask that is such a triangle in every one of its matrices; null for another. */
function triangle({ shape, data }: Value, neutral: number): number | null {
  const [rows, columns] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  if (rows < 2 || sizeOf(shape) === 0) return null;
  let offset = 0;
  while (offset < columns && data[offset] === neutral) offset++;
  offset -= 1;
  const fits = data.every((x, i) => (x === neutral) === i % columns <= (Math.floor(i / columns) % rows) + offset);
  return fits ? offset : null;
}
