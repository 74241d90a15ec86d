import { intAttribute } from '../../attributes.ts';
import type { Cotangent, VjpContext } from '../../types/oracle.ts';
import { type AttentionLayout, attentionOf, biasOf, forEachRow, merge, rowsBetween } from './_attention.ts';
import { cotangentOf, like } from './_context.ts';
import { makeValue, seedOf } from './_kit.ts';
import { rowsOf } from './_rows.ts';
import { transposedOffsets } from './_strided.ts';
import { taken } from './_indexed.ts';
import { type Scores, scoresOf } from './_attention-scores.ts';

/** The cotangents of Q, K, V, the mask and the past, row of scores by row of scores. */
export function attentionBack(context: VjpContext): (Cotangent | undefined)[] {
  const { inputs } = context;
  const layout = attentionOf(context, inputs);
  const { q, k, v, columns, size, root, past, scaledQ, scaledK, flat } = layout;
  const { round } = context.arithmetic;
  const { add } = rowsOf(context.arithmetic);
  const bias = biasOf(context, inputs, layout);
  const [dq, dk] = [new Float64Array(q.data.length), seedOf(context, 1)?.slice() ?? new Float64Array(k.data.length)];
  const dv = seedOf(context, 2)?.slice() ?? new Float64Array(v.data.length);
  const dmask = new Float64Array(inputs[3]?.data.length ?? 0);
  const dy = headsFirst(context, layout);
  forEachRow(layout, (b, h, row, line, head) => {
    const scores = scoresOf(context, layout, bias, b, h, row, line, head);
    const { dmasked, dproduct } = scoresBack(context, layout, scores, dy, dv, line, head);
    for (let j = 0; j < columns; j++) {
      const from = bias.source(b, h, row, j);
      if (from >= 0) dmask[from] = round(dmask[from]! + dmasked[j]!);
      if (dproduct[j] === 0) continue;
      const key = (head * columns + j) * size;
      const through = round(dproduct[j]! * root);
      add(dq, line * size, 1, through, scaledK, key, 1, size);
      add(dk, key, 1, through, scaledQ, line * size, 1, size);
    }
  });
  const [keys, values] = [like(k, dk), like(v, dv)];
  const answers = [
    like(q, dq),
    rowsBetween(keys, past, columns),
    rowsBetween(values, past, columns),
    undefined,
    rowsBetween(keys, 0, past),
    rowsBetween(values, 0, past),
  ];
  return inputs.map((input, i) => {
    if (!input || !context.needs[i]) return undefined;
    if (i === 3) return cotangentOf(input, dmask);
    const answer = answers[i];
    return answer && cotangentOf(input, (flat && i < 3 ? merge(answer) : answer).data);
  });
}

/** Undoes one row: adds to dv, and gives the cotangents of the masked scores and of the product. */
function scoresBack(
  context: VjpContext,
  { columns, valueSize, v, softcap }: AttentionLayout,
  { capped, weights }: Scores,
  dy: Float64Array,
  dv: Float64Array,
  line: number,
  head: number,
): { dmasked: Float64Array; dproduct: Float64Array } {
  const { round } = context.arithmetic;
  const { add, dot } = rowsOf(context.arithmetic);
  const stage = intAttribute(context.attributes, 'qk_matmul_output_mode', 0);
  const shown = seedOf(context, 3)?.subarray(line * columns, (line + 1) * columns);
  const plus = (x: number, at: number, j: number): number => (shown && stage === at ? round(x + shown[j]!) : x);
  const dweights = new Float64Array(columns);
  let along = 0;
  for (let j = 0; j < columns; j++) {
    if (weights[j] === 0) continue;
    const at = (head * columns + j) * valueSize;
    dweights[j] = plus(dot(0, dy, line * valueSize, 1, v.data, at, 1, valueSize), 3, j);
    add(dv, at, 1, weights[j]!, dy, line * valueSize, 1, valueSize);
    along = round(along + round(dweights[j]! * weights[j]!));
  }
  const dmasked = dweights.map((d, j) => plus(weights[j] === 0 ? 0 : round(weights[j]! * round(d - along)), 2, j));
  const dproduct = dmasked.map((d, j) => {
    const dcapped = plus(d, 1, j);
    const slope = softcap > 0 ? round(1 - round(round(capped[j]! / softcap) ** 2)) : 1;
    return plus(round(dcapped * slope), 0, j);
  });
  return { dmasked, dproduct };
}

/** The cotangent of Y as [batch, heads, rows, size]. */
function headsFirst(context: VjpContext, { flat, batch, heads, rows, valueSize, q }: AttentionLayout): Float64Array {
  const dy = seedOf(context, 0);
  if (!dy) return new Float64Array(batch * heads * rows * valueSize);
  if (!flat) return dy;
  const offsets = transposedOffsets([batch, rows, heads, valueSize], [0, 2, 1, 3]);
  return taken(makeValue(q.dtype, [batch, rows, heads * valueSize], dy), {
    shape: [batch, heads, rows, valueSize],
    offsets,
  }).data;
}
