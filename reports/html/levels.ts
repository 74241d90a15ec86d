import type { ErrorMap } from '../../harness/types/report.ts';

/** An error map in a letter a cell: `.` where nothing differs or was compared, else one of 64 levels of log10(|error| / allowed). */
export interface PackedMap {
  readonly rows: number;
  readonly columns: number;
  readonly axes: readonly [string, string];
  readonly levels: string;
}

/** What the levels cover: from 1/1,000 of what is allowed to 10⁹ times it, and beyond (NaN and infinity: the last). */
export const LOWEST = -3;
export const HIGHEST = 9;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const STEP = (HIGHEST - LOWEST) / (LETTERS.length - 1);
const MOST = 64;

/** Packs a map, max-pooled to at most 64 × 64. */
export function packMap(map: ErrorMap): PackedMap {
  const rows = Math.min(MOST, map.rows);
  const columns = Math.min(MOST, map.columns);
  const worst = new Float64Array(rows * columns).fill(UNCOMPARED);
  for (let row = 0; row < map.rows; row++) {
    const from = Math.floor((row * rows) / map.rows) * columns;
    for (let column = 0; column < map.columns; column++) {
      const cell = map.cells[row * map.columns + column] ?? null;
      if (cell === null) continue;
      const at = from + (((column * columns) / map.columns) >> 0);
      worst[at] = larger(worst[at] as number, cell);
    }
  }
  let levels = '';
  for (const cell of worst) levels += cell === UNCOMPARED ? '.' : letterOf(cell);
  return { rows, columns, axes: map.axes, levels };
}
const UNCOMPARED = Number.NEGATIVE_INFINITY;

/** The larger of two: NaN is larger than any number, and must not be pooled away; no error at all is the lowest level. */
function larger(a: number, cell: number): number {
  // A map read back from JSON holds NaN as a string.
  const b = +cell;
  if (a !== a || b !== b) return Number.NaN;
  return b > a ? (b > LOWEST ? b : LOWEST) : a > LOWEST ? a : LOWEST;
}

/** Cells that a map has when it is packed. */
export function packedCells({ rows, columns }: ErrorMap): number {
  return Math.min(MOST, rows) * Math.min(MOST, columns);
}

/** log10(|error| / allowed) of a letter; null where nothing differs or was compared, Infinity for the last level. */
export function levelOf(letter: string): number | null {
  const level = LETTERS.indexOf(letter);
  if (level < 0) return null;
  return level === LETTERS.length - 1 ? Number.POSITIVE_INFINITY : LOWEST + level * STEP;
}

function letterOf(cell: number): string {
  if (!(cell < HIGHEST)) return LETTERS.at(-1) as string;
  return LETTERS[Math.max(0, Math.round((cell - LOWEST) / STEP))] as string;
}
