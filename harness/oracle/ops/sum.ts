import type { Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { given, like } from './_context.ts';
import { summedTo } from './_elementwise.ts';
import { broadcastAll, broadcastOffsets } from './_strided.ts';

/** Sum and Mean of any number of broadcast inputs, added in order. */
export const sums: readonly Operator[] = [nary('Sum', () => 1), nary('Mean', (inputs) => inputs)];

function nary(op: string, divisor: (inputs: number) => number): Operator {
  return {
    op,
    forward: (context, inputs) => [added(context, inputs, divisor(inputs.length))],
    vjp: (context) => shared(context, divisor(context.inputs.length)),
  };
}

function added(context: OperatorContext, inputs: readonly (Value | undefined)[], divisor: number): Value {
  const values = inputs.map((_, i) => given(context, inputs, i));
  const shape = broadcastAll(
    context,
    values.map((v) => v.shape),
  );
  const r = context.arithmetic.round;
  let sum: Float64Array | null = null;
  for (const { data, shape: own } of values) {
    const offsets = broadcastOffsets(own, shape);
    const before: Float64Array | null = sum;
    sum = Float64Array.from(offsets, (at, i) => (before ? r(before[i]! + data[at]!) : data[at]!));
  }
  return like(values[0]!, divisor === 1 ? sum! : sum!.map((x) => r(x / divisor)), shape);
}

function shared(context: VjpContext, divisor: number) {
  const dy = context.cotangents[0];
  if (!dy) return [];
  const r = context.arithmetic.round;
  const each = divisor === 1 ? dy.data : dy.data.map((d) => r(d / divisor));
  return context.inputs.map((_, i) => {
    const value = given(context, context.inputs, i);
    return summedTo(value, each, broadcastOffsets(value.shape, dy.shape), r, null);
  });
}
