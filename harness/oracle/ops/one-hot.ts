import { intAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { around, axisIn, cotangentOf, given } from './_context.ts';

/** values[1] where the new axis equals the index, values[0] elsewhere; negative indices count from depth, others outside have no hot element. */
export const oneHot: Operator = {
  op: 'OneHot',
  forward: (context, inputs) => {
    const values = given(context, inputs, 2);
    const { shape, hot } = hotOf(context, inputs);
    return [{ dtype: values.dtype, shape, data: hot.map((on) => values.data[on]!) }];
  },
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    if (!dy || !context.needs[2]) return [];
    const { hot } = hotOf(context, context.inputs);
    const sums = new Float64Array(2);
    for (let i = 0; i < dy.length; i++) sums[hot[i]!] = context.arithmetic.round(sums[hot[i]!]! + dy[i]!);
    return [undefined, undefined, cotangentOf(given(context, context.inputs, 2), sums)];
  },
};

function hotOf(context: OperatorContext, inputs: readonly (Value | undefined)[]) {
  const indices = given(context, inputs, 0);
  const depth = given(context, inputs, 1).data[0]!;
  const rank = indices.shape.length + 1;
  const axis = axisIn(context, intAttribute(context.attributes, 'axis', -1), rank);
  const shape = [...indices.shape.slice(0, axis), depth, ...indices.shape.slice(axis)];
  const { outer, inner } = around(shape, axis);
  const hot = new Float64Array(sizeOf(shape));
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const index = indices.data[o * inner + i]!;
      const at = index < 0 ? index + depth : index;
      if (0 <= at && at < depth) hot[(o * depth + at) * inner + i] = 1;
    }
  }
  return { shape, hot };
}
