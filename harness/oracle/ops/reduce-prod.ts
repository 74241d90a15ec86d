import type { Operator } from '../../types/oracle.ts';
import { cotangentOf, given, like, rounding } from './_context.ts';
import { groupsOf, overGroups } from './_reduction.ts';

/** The product. Its derivative by one factor is the product of all others: prefix times suffix, so that zeros do no harm. */
export const reduceProd: Operator = {
  op: 'ReduceProd',
  forward: (context, inputs) => {
    const x = given(context, inputs, 0);
    const groups = groupsOf(context, inputs);
    const r = rounding(context, x.dtype);
    const { inner } = groups;
    const data = overGroups(groups, (start) => {
      let product = 1;
      for (let i = 0; i < inner.length; i++) product = r(product * x.data[start + inner[i]!]!);
      return product;
    });
    return [like(x, data, groups.shape)];
  },
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    const x = given(context, context.inputs, 0);
    if (!dy || !context.needs[0]) return [];
    const { outer, inner } = groupsOf(context, context.inputs);
    const r = context.arithmetic.round;
    const dx = new Float64Array(x.data.length);
    for (let g = 0; g < outer.length; g++) {
      let before = dy[g]!;
      for (let i = 0; i < inner.length; i++) {
        dx[outer[g]! + inner[i]!] = before;
        before = r(before * x.data[outer[g]! + inner[i]!]!);
      }
      let after = 1;
      for (let i = inner.length - 1; i >= 0; i--) {
        const at = outer[g]! + inner[i]!;
        dx[at] = r(dx[at]! * after);
        after = r(after * x.data[at]!);
      }
    }
    return [cotangentOf(x, dx)];
  },
};
