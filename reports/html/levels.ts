import type { ErrorMap } from '../../harness/types/report.ts';

/** An error map in a letter a cell: `.` where nothing was compared, else one of 64 levels of log10(|error| / allowed). */
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
  const worst: (number | null)[] = Array.from({ length: rows * columns }, () => null);
  map.cells.slice(0, map.rows * map.columns).forEach((cell, i) => {
    const row = Math.floor((Math.floor(i / map.columns) * rows) / map.rows);
    const column = Math.floor(((i % map.columns) * columns) / map.columns);
    worst[row * columns + column] = larger(worst[row * columns + column] ?? null, cell === null ? null : Number(cell));
  });
  return { rows, columns, axes: map.axes, levels: worst.map(letterOf).join('') };
}

/** log10(|error| / allowed) of a letter; null where nothing was compared, Infinity for the last level. */
export function levelOf(letter: string): number | null {
  const level = LETTERS.indexOf(letter);
  if (level < 0) return null;
  return level === LETTERS.length - 1 ? Number.POSITIVE_INFINITY : LOWEST + level * STEP;
}

function letterOf(cell: number | null): string {
  if (cell === null) return '.';
  if (Number.isNaN(cell) || cell >= HIGHEST) return LETTERS.at(-1) as string;
  return LETTERS[Math.max(0, Math.round((cell - LOWEST) / STEP))] as string;
}

/** NaN is larger than anything: it must not be pooled away. */
function larger(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.max(a, b);
}
