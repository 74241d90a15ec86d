import { intAttribute } from '../../attributes.ts';
import type { Cotangent, Operator, Value, VjpContext } from '../../types/oracle.ts';
import { cotangentOf, given } from './_context.ts';
import { makeValue, seedOf } from './_kit.ts';
import { forEachPooled, globalPooling, type Pooling, poolingOf, windowCounts } from './_pooling.ts';

/** The mean of each window; `count_include_pad: 1` counts padding as zeros. x [batch, channels, ...]. */
export const averagePool: Operator = {
  op: 'AveragePool',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const padding = intAttribute(context.attributes, 'count_include_pad', 0) !== 0;
    return [means(x, poolingOf(context, x), padding, context.arithmetic.round)];
  },
  vjp(context) {
    const padding = intAttribute(context.attributes, 'count_include_pad', 0) !== 0;
    return [meansCotangent(context, poolingOf(context, given(context, context.inputs, 0)), padding)];
  },
};

/** The mean of each plane. */
export const globalAveragePool: Operator = {
  op: 'GlobalAveragePool',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    return [means(x, globalPooling(context, x), false, context.arithmetic.round)];
  },
  vjp: (context) => [meansCotangent(context, globalPooling(context, given(context, context.inputs, 0)), false)],
};

function means(x: Value, pooling: Pooling, padding: boolean, round: (x: number) => number): Value {
  const y = makeValue(x.dtype, pooling.shape);
  const counts = windowCounts(pooling, padding);
  forEachPooled(pooling, (out, into) => {
    y.data[out] = round(y.data[out]! + x.data[into]!);
  });
  for (let out = 0; out < y.data.length; out++) y.data[out] = round(y.data[out]! / counts[out % counts.length]!);
  return y;
}

function meansCotangent(context: VjpContext, pooling: Pooling, padding: boolean): Cotangent | undefined {
  const dy = seedOf(context, 0);
  const x = given(context, context.inputs, 0);
  if (!dy || !context.needs[0]) return undefined;
  const { round } = context.arithmetic;
  const counts = windowCounts(pooling, padding);
  const share = dy.map((d, out) => round(d / counts[out % counts.length]!));
  const dx = new Float64Array(x.data.length);
  forEachPooled(pooling, (out, into) => {
    dx[into] = round(dx[into]! + share[out]!);
  });
  return cotangentOf(x, dx);
}
