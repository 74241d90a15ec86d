import type { Arithmetic, Operator } from '../../types/oracle.ts';
import { cotangentOf, given, like } from './_context.ts';

/** The determinant of each square matrix, by elimination with row pivoting. Its derivative is the matrix of cofactors. */
export const det: Operator = {
  op: 'Det',
  forward: (context, inputs) => {
    const x = given(context, inputs, 0);
    const n = x.shape[x.shape.length - 1]!;
    const data = new Float64Array(x.data.length / (n * n));
    for (let k = 0; k < data.length; k++) {
      data[k] = determinant(x.data.slice(k * n * n, (k + 1) * n * n), n, context.arithmetic);
    }
    return [like(x, data, x.shape.slice(0, -2))];
  },
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    const x = given(context, context.inputs, 0);
    if (!dy) return [];
    const n = x.shape[x.shape.length - 1]!;
    const r = context.arithmetic.round;
    const dx = x.data.map((_, i) => {
      const k = Math.floor(i / (n * n));
      const minor = without(x.data, k * n * n, n, Math.floor(i / n) % n, i % n);
      const sign = ((Math.floor(i / n) % n) + (i % n)) % 2 === 0 ? 1 : -1;
      return sign * r(dy[k]! * determinant(minor, n - 1, context.arithmetic));
    });
    return [cotangentOf(x, dx)];
  },
};

/** Destroys `m`, an n × n matrix. */
function determinant(m: Float64Array, n: number, { round }: Arithmetic): number {
  let result = 1;
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let row = c + 1; row < n; row++) if (Math.abs(m[row * n + c]!) > Math.abs(m[pivot * n + c]!)) pivot = row;
    if (m[pivot * n + c] === 0) return 0;
    if (pivot !== c) {
      for (let j = 0; j < n; j++) [m[c * n + j], m[pivot * n + j]] = [m[pivot * n + j]!, m[c * n + j]!];
      result = -result;
    }
    result = round(result * m[c * n + c]!);
    for (let row = c + 1; row < n; row++) {
      const factor = round(m[row * n + c]! / m[c * n + c]!);
      for (let j = c; j < n; j++) m[row * n + j] = round(m[row * n + j]! - round(factor * m[c * n + j]!));
    }
  }
  return result;
}

function without(data: Float64Array, start: number, n: number, row: number, column: number): Float64Array {
  const kept: number[] = [];
  for (let i = 0; i < n * n; i++) {
    if (Math.floor(i / n) !== row && i % n !== column) kept.push(data[start + i]!);
  }
  return Float64Array.from(kept);
}
