import { intAttribute } from '../../../harness/attributes.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { GradientRule } from '../rule.ts';
import { slice } from './_slice.ts';

/** Each input gets its part of the gradient. */
export const concat: GradientRule = {
  op: 'Concat',
  gradient(context) {
    const shapes = context.inputs.map((input) => context.shape(input));
    const axis = axisOf(intAttribute(context.attributes, 'axis', 0), shapes[0]?.length ?? 0);
    let start = 0;
    return context.inputs.map((_, slot) => {
      const end = start + (shapes[slot]?.[axis] ?? 0);
      const part = context.needs(slot) ? slice(context, context.cotangents[0] as string, axis, start, end) : undefined;
      start = end;
      return part;
    });
  },
};
