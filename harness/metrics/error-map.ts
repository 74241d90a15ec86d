import type { ErrorMap } from '../types/report.ts';
import type { Floats, Shape } from '../types/tensor.ts';
import { sameKind } from './difference.ts';

const ROWS = 32;
const COLUMNS = 48;
/** What a cell shows for an element that is non-finite on one side only: beyond any measured error. */
const NON_FINITE = 12;

/**
 * A small picture of where the error lies: the last axis (or the last two of an image, side by side) runs along the columns, the rest
 * down the rows; cells hold log10(|error| / allowed), the largest of the elements they pool.
 */
export function errorMap(subject: Floats, reference: Floats, shape: Shape, allowed: number): ErrorMap | null {
  if (subject.length < 2) return null;
  const { rows, columns, axes } = foldShape(shape, subject.length);
  const height = Math.min(ROWS, rows);
  const width = Math.min(COLUMNS, columns);
  const cells = new Float64Array(height * width).fill(Number.NEGATIVE_INFINITY);
  const unit = allowed > 0 ? allowed : Number.MIN_VALUE;
  for (let i = 0; i < subject.length; i++) {
    const row = Math.floor((Math.floor(i / columns) * height) / rows);
    const column = Math.floor(((i % columns) * width) / columns);
    const level = levelOf(subject[i] as number, reference[i] as number, unit);
    const cell = row * width + column;
    if (level > (cells[cell] as number)) cells[cell] = level;
  }
  const rounded = Array.from(cells, (level) => (Number.isFinite(level) ? Math.round(level * 100) / 100 : null));
  return { rows: height, columns: width, axes, cells: rounded };
}

function levelOf(a: number, b: number, unit: number): number {
  if (!sameKind(a, b)) return NON_FINITE;
  if (!Number.isFinite(a) || a === b) return Number.NEGATIVE_INFINITY;
  return Math.min(NON_FINITE, Math.log10(Math.abs(a - b) / unit));
}

function foldShape(shape: Shape, size: number): { rows: number; columns: number; axes: [string, string] } {
  if (shape.length <= 1) {
    const rows = Math.ceil(size / COLUMNS);
    return { rows, columns: Math.ceil(size / rows), axes: [`runs of ${Math.ceil(size / rows)}`, 'element'] };
  }
  const last = shape[shape.length - 1] as number;
  const names = shape.map((n, axis) => `axis ${axis} (${n})`);
  if (shape.length === 4) {
    const image = last * (shape[2] as number);
    return { rows: size / image, columns: image, axes: [`${names[0]} × ${names[1]}`, `${names[2]} × ${names[3]}`] };
  }
  return {
    rows: size / last,
    columns: last,
    axes: [names.slice(0, -1).join(' × '), names[shape.length - 1] as string],
  };
}
