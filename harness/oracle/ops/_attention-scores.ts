import type { OperatorContext } from '../../types/oracle.ts';
import type { AttentionLayout, Bias } from './_attention.ts';
import { rowsOf } from './_rows.ts';

/** One row of scores at its four stages. */
export interface Scores {
  readonly product: Float64Array;
  readonly capped: Float64Array;
  readonly masked: Float64Array;
  readonly weights: Float64Array;
}

/** Computes one row: `line` counts rows over all heads of queries, `head` heads of keys. */
export function scoresOf(
  context: OperatorContext,
  layout: AttentionLayout,
  bias: Bias,
  b: number,
  h: number,
  row: number,
  line: number,
  head: number,
): Scores {
  const { round } = context.arithmetic;
  const { columns, size, softcap, scaledQ, scaledK } = layout;
  const { dot } = rowsOf(context.arithmetic);
  const product = new Float64Array(columns);
  for (let j = 0; j < columns; j++) {
    product[j] = dot(0, scaledQ, line * size, 1, scaledK, (head * columns + j) * size, 1, size);
  }
  const capped = softcap > 0 ? product.map((x) => round(softcap * round(Math.tanh(round(x / softcap))))) : product;
  const masked = capped.map((x, j) => {
    const extra = bias.at(b, h, row, j);
    return extra === Number.NEGATIVE_INFINITY ? extra : round(x + extra);
  });
  let largest = Number.NEGATIVE_INFINITY;
  for (const x of masked) largest = Math.max(largest, x);
  if (largest === Number.NEGATIVE_INFINITY) return { product, capped, masked, weights: new Float64Array(columns) };
  const powers = masked.map((x) => round(Math.exp(round(x - largest))));
  let sum = 0;
  for (const power of powers) sum = round(sum + power);
  return { product, capped, masked, weights: powers.map((power) => round(power / sum)) };
}
