import type { GradientRule } from '../rule.ts';
import { toInput } from './_broadcast.ts';
import { mathOf } from './_math.ts';

/** Each branch gets the gradient where it was taken. */
export const where: GradientRule = {
  op: 'Where',
  gradient(context) {
    const [condition, x] = context.inputs as [string, string, string];
    const dy = context.cotangents[0] as string;
    const math = mathOf(context, context.dtype(x));
    return [
      undefined,
      context.needs(1) ? toInput(context, 1, math.where(condition, dy, 0)) : undefined,
      context.needs(2) ? toInput(context, 2, math.where(condition, 0, dy)) : undefined,
    ];
  },
};
