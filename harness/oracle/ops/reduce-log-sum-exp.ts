import type { Operator } from '../../types/oracle.ts';
import { cotangentOf, given, like } from './_context.ts';
import { groupsOf, overElements, overGroups } from './_reduction.ts';

/** log Σ exp(x), with the largest x taken out so that nothing overflows. */
export const reduceLogSumExp: Operator = {
  op: 'ReduceLogSumExp',
  forward: (context, inputs) => {
    const x = given(context, inputs, 0);
    const groups = groupsOf(context, inputs);
    const r = context.arithmetic.round;
    const { inner } = groups;
    const data = overGroups(groups, (start) => {
      let largest = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < inner.length; i++) largest = Math.max(largest, x.data[start + inner[i]!]!);
      if (!Number.isFinite(largest)) return largest;
      let total = 0;
      for (let i = 0; i < inner.length; i++) {
        total = r(total + r(Math.exp(r(x.data[start + inner[i]!]! - largest))));
      }
      return r(largest + r(Math.log(total)));
    });
    return [like(x, data, groups.shape)];
  },
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    const x = given(context, context.inputs, 0);
    if (!dy || !context.needs[0]) return [];
    const y = given(context, context.outputs, 0).data;
    const r = context.arithmetic.round;
    const share = (at: number, g: number) => (Number.isFinite(y[g]!) ? r(Math.exp(r(x.data[at]! - y[g]!))) : 0);
    const groups = groupsOf(context, context.inputs);
    return [
      cotangentOf(
        x,
        overElements(x.shape, groups, (at, g) => r(dy[g]! * share(at, g))),
      ),
    ];
  },
};
