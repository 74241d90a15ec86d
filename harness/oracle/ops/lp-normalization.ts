import { intAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { around, axisIn, cotangentOf, given, like, refuse } from './_context.ts';
import { seedOf } from './_kit.ts';
import { forEachLine, type Lines } from './_softmax.ts';

type Round = (x: number) => number;

/** x / ‖x‖ along `axis`, p being 1 or 2; zeros stay zeros. */
export const lpNormalization: Operator = {
  op: 'LpNormalization',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const { round } = context.arithmetic;
    const { p, lines } = layoutOf(context, x);
    const y = new Float64Array(x.data.length);
    forEachLine(lines, (first) => {
      const norm = normOf(x.data, first, lines, p, round);
      if (norm === 0) return;
      for (let k = 0, at = first; k < lines.length; k++, at += lines.inner) y[at] = round(x.data[at]! / norm);
    });
    return [like(x, y)];
  },
  // dx = (dy − d‖x‖/dx · Σ dy·y) / ‖x‖, where d‖x‖/dx is y for p = 2 and the sign of x for p = 1.
  vjp(context) {
    const x = given(context, context.inputs, 0);
    const dy = seedOf(context, 0);
    if (!dy || !context.needs[0]) return [];
    const { round } = context.arithmetic;
    const { p, lines } = layoutOf(context, x);
    const dx = new Float64Array(dy.length);
    forEachLine(lines, (first) => {
      const norm = normOf(x.data, first, lines, p, round);
      if (norm === 0) return;
      let along = 0;
      for (let k = 0, at = first; k < lines.length; k++, at += lines.inner) {
        along = round(along + round(dy[at]! * round(x.data[at]! / norm)));
      }
      for (let k = 0, at = first; k < lines.length; k++, at += lines.inner) {
        const slope = p === 1 ? Math.sign(x.data[at]!) : round(x.data[at]! / norm);
        dx[at] = round(round(dy[at]! - round(slope * along)) / norm);
      }
    });
    return [cotangentOf(x, dx)];
  },
};

function normOf(x: Float64Array, first: number, lines: Lines, p: number, round: Round): number {
  let sum = 0;
  for (let k = 0, at = first; k < lines.length; k++, at += lines.inner) {
    sum = round(sum + (p === 1 ? Math.abs(x[at]!) : round(x[at]! * x[at]!)));
  }
  return p === 1 ? sum : round(Math.sqrt(sum));
}

function layoutOf(context: OperatorContext, x: Value): { p: number; lines: Lines } {
  const p = intAttribute(context.attributes, 'p', 2);
  if (p !== 1 && p !== 2) refuse(context, `p = ${p}`, 'The norms of p = 1 and p = 2 are supported.');
  return { p, lines: around(x.shape, axisIn(context, intAttribute(context.attributes, 'axis', -1), x.shape.length)) };
}
