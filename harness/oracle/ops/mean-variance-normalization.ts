import { intsAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { axisIn, cotangentOf, given, like } from './_context.ts';
import { seedOf, upTo } from './_kit.ts';
import { type Groups, normalise, normaliseBack } from './_norm.ts';
import { transposedOffsets } from './_strided.ts';
import { sizeOf } from '../../shape.ts';

/** The specification adds 1e-9 to the standard deviation: its square under the root is the same for a variance of 0, and nothing beside one that is not. */
const EPSILON = 1e-18;

/** (x − mean) / standard deviation, over `axes` (batch and positions unless said). */
export const meanVarianceNormalization: Operator = {
  op: 'MeanVarianceNormalization',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    return [like(x, normalise(x.data, groupsOf(context, x), EPSILON, context.arithmetic.round).hat)];
  },
  vjp(context) {
    const x = given(context, context.inputs, 0);
    const dy = seedOf(context, 0);
    if (!dy || !context.needs[0]) return [];
    const { round } = context.arithmetic;
    const groups = groupsOf(context, x);
    const normalised = normalise(x.data, groups, EPSILON, round);
    return [cotangentOf(x, normaliseBack(dy, normalised, groups, round, { centred: true }))];
  },
};

function groupsOf(context: OperatorContext, x: Value): Groups {
  const rank = x.shape.length;
  const axes = intsAttribute(context.attributes, 'axes', [0, 2, 3]).map((axis) => axisIn(context, axis, rank));
  const kept = upTo(rank).filter((axis) => !axes.includes(axis));
  const together = upTo(rank).filter((axis) => axes.includes(axis));
  return {
    count: sizeOf(kept.map((axis) => x.shape[axis]!)),
    size: sizeOf(together.map((axis) => x.shape[axis]!)),
    order: transposedOffsets(x.shape, [...kept, ...together]),
  };
}
