import type { GradientRule } from '../rule.ts';
import { classLoss } from './_classes.ts';
import { tensorsOf } from './_tensors.ts';

/** −scale at the label's class. */
export const negativeLogLikelihoodLoss: GradientRule = {
  op: 'NegativeLogLikelihoodLoss',
  gradient(context) {
    const logarithm = context.inputs[0] as string;
    const math = tensorsOf(context, context.dtype(logarithm));
    const { hot, scale, weightGradient } = classLoss(context, math);
    return [
      context.needs(0) ? math.neg(math.mul(scale, hot)) : undefined,
      undefined,
      context.needs(2) ? weightGradient(math.neg(math.sum(math.mul(hot, logarithm), [1]))) : undefined,
    ];
  },
};
