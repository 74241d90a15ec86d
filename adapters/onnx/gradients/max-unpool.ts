import type { GradientRule } from '../rule.ts';
import { checkCountable } from './_exact.ts';
import { adjointOfMove } from './_index.ts';
import { tensorsOf } from './_tensors.ts';

/** The index trick: of values unpooled to one place only the one that stayed there has a gradient. The kernel takes floats only. */
export const maxUnpool: GradientRule = {
  op: 'MaxUnpool',
  gradient(context) {
    checkCountable(context);
    const [x = '', ...others] = context.inputs;
    const math = tensorsOf(context, context.dtype(x));
    const move = (positions: string): string => {
      const [moved = ''] = context.again([math.cast(positions, 'float32'), ...others], 1);
      return math.cast(moved, 'int64');
    };
    return [adjointOfMove(context, context.cotangents[0] as string, context.shape(x), math.dtype, move)];
  },
};
