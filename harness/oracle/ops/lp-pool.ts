import { intAttribute } from '../../attributes.ts';
import type { Cotangent, Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { cotangentOf, given } from './_context.ts';
import { makeValue, seedOf } from './_kit.ts';
import { forEachPooled, globalPooling, type Pooling, poolingOf } from './_pooling.ts';

/** (Σ |x|^p)^(1/p) over each window. x [batch, channels, ...]. */
export const lpPool: Operator = {
  op: 'LpPool',
  forward: (context, inputs) => {
    const x = given(context, inputs, 0);
    return [norms(context, x, poolingOf(context, x))];
  },
  vjp: (context) => [normsCotangent(context, poolingOf(context, given(context, context.inputs, 0)))],
};

/** (Σ |x|^p)^(1/p) over each plane. */
export const globalLpPool: Operator = {
  op: 'GlobalLpPool',
  forward: (context, inputs) => {
    const x = given(context, inputs, 0);
    return [norms(context, x, globalPooling(context, x))];
  },
  vjp: (context) => [normsCotangent(context, globalPooling(context, given(context, context.inputs, 0)))],
};

/** |x|^p, by products for the powers that are in use. */
export function powerOf(x: number, p: number, round: (x: number) => number): number {
  const a = Math.abs(x);
  if (p === 1) return a;
  return round(p === 2 ? a * a : a ** p);
}

/** The p-th root. */
export function rootOf(x: number, p: number, round: (x: number) => number): number {
  if (p === 1) return x;
  return round(p === 2 ? Math.sqrt(x) : x ** (1 / p));
}

function norms(context: OperatorContext, x: Value, pooling: Pooling): Value {
  const { round } = context.arithmetic;
  const p = intAttribute(context.attributes, 'p', 2);
  const y = makeValue(x.dtype, pooling.shape);
  forEachPooled(pooling, (out, into) => {
    y.data[out] = round(y.data[out]! + powerOf(x.data[into]!, p, round));
  });
  for (let out = 0; out < y.data.length; out++) y.data[out] = rootOf(y.data[out]!, p, round);
  return y;
}

/** dx = dy · sign(x) · (|x| / y)^(p − 1); 0 where the whole window is 0. */
function normsCotangent(context: VjpContext, pooling: Pooling): Cotangent | undefined {
  const dy = seedOf(context, 0);
  const x = given(context, context.inputs, 0);
  if (!dy || !context.needs[0]) return undefined;
  const { round } = context.arithmetic;
  const p = intAttribute(context.attributes, 'p', 2);
  const y = norms(context, x, pooling).data;
  const dx = new Float64Array(x.data.length);
  forEachPooled(pooling, (out, into) => {
    if (y[out] === 0) return;
    const part = powerOf(round(x.data[into]! / y[out]!), p - 1, round) * Math.sign(x.data[into]!);
    dx[into] = round(dx[into]! + round(dy[out]! * part));
  });
  return cotangentOf(x, dx);
}
