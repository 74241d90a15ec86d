import type { GradientRule } from '../rule.ts';
import { toInput } from './_broadcast.ts';
import { cast } from './_cast.ts';
import { mathOf } from './_math.ts';

/**
 * y = x ^ e. dx = e · x^(e−1) · dy, 0 where e is 0. de = y · ln x · dy, 0 where the base is 0 and the exponent is not negative;
 * for a negative base the power is defined at whole exponents only and has no derivative in them: NaN, as in PyTorch.
 */
export const pow: GradientRule = {
  op: 'Pow',
  gradient(context) {
    const [x, e] = context.inputs as [string, string];
    const [y, dy] = [context.outputs[0] as string, context.cotangents[0] as string];
    const dtype = context.dtype(x);
    const { where, equal, mul, pow: power, sub, log, and, greaterOrEqual } = mathOf(context, dtype);
    const exponent = context.dtype(e) === dtype ? e : cast(context, e, dtype);
    const base = (): string =>
      toInput(context, 0, mul(dy, where(equal(exponent, 0), 0, mul(exponent, power(x, sub(exponent, 1))))));
    const ofExponent = (): string => {
      const flat = and(equal(x, 0), greaterOrEqual(exponent, 0));
      return cast2(toInput(context, 1, where(flat, 0, mul(dy, mul(y, log(x))))));
    };
    const cast2 = (gradient: string): string =>
      context.dtype(e) === dtype ? gradient : cast(context, gradient, context.dtype(e));
    return [context.needs(0) ? base() : undefined, context.needs(1) ? ofExponent() : undefined];
  },
};
