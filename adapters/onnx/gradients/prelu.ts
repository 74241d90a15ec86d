import type { GradientRule } from '../rule.ts';
import { mathOf } from './_math.ts';

/** y = x above 0, slope · x below; the slope is broadcast to x. */
export const prelu: GradientRule = {
  op: 'PRelu',
  gradient(context) {
    const [x, slope, dy] = [context.inputs[0] as string, context.inputs[1] as string, context.cotangents[0] as string];
    const { where, greater, mul } = mathOf(context, context.dtype(x));
    const positive = greater(x, 0);
    return [
      context.needs(0) ? where(positive, dy, mul(dy, slope)) : undefined,
      context.needs(1)
        ? context.unbroadcast(where(positive, 0, mul(dy, x)), context.shape(x), context.shape(slope))
        : undefined,
    ];
  },
};
