import { sizeOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';

/** Rows and columns of the matrices that the last two axes hold, and how many there are. */
export function matricesOf({ shape }: Value): { count: number; rows: number; columns: number } {
  const [rows = 1, columns = 1] = shape.slice(-2);
  return { count: sizeOf(shape.slice(0, -2)), rows, columns };
}

/** The same buffer, its last two axes exchanged in name only: what a loop with swapped strides reads. */
export function reread(value: Value): Value {
  const { rows, columns } = matricesOf(value);
  return { ...value, shape: [...value.shape.slice(0, -2), columns, rows] };
}

/** The last two axes exchanged. */
export function transposed(value: Value): Value {
  const { count, rows, columns } = matricesOf(value);
  const data = new Float64Array(value.data.length);
  for (let m = 0; m < count; m++) {
    const base = m * rows * columns;
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) data[base + c * rows + r] = value.data[base + r * columns + c] as number;
  }
  return { ...reread(value), data };
}

/** One place along the first axis, which stays, of length 1. */
export function placeOf(value: Value, place: number): Value {
  const [size = 1, ...rest] = value.shape;
  const each = value.data.length / size;
  return { ...value, shape: [1, ...rest], data: value.data.slice(place * each, (place + 1) * each) };
}
