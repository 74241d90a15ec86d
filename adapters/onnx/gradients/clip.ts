import type { GradientRule } from '../rule.ts';
import { mathOf } from './_math.ts';

/** x passes from min to max, both ends included; a bound gets the gradient of what it holds back. Where min > max, max counts alone. */
export const clip: GradientRule = {
  op: 'Clip',
  gradient(context) {
    const [x, min = '', max = ''] = context.inputs as [string, string?, string?];
    const dy = context.cotangents[0] as string;
    const { greaterOrEqual, lessOrEqual, less, greater, and, where } = mathOf(context, context.dtype(x));
    const inside = [...(min === '' ? [] : [greaterOrEqual(x, min)]), ...(max === '' ? [] : [lessOrEqual(x, max)])];
    const total = (mask: string, bound: string): string =>
      context.unbroadcast(where(mask, dy, 0), context.shape(x), context.shape(bound));
    const below = (): string => (max === '' ? less(x, min) : and(less(x, min), lessOrEqual(min, max)));
    const above = (): string => {
      const over = greater(x, max);
      return min === '' ? over : context.emit('Or', [over, greater(min, max)]);
    };
    return [
      inside.length === 0
        ? dy
        : where(
            inside.reduce((a, b) => and(a, b)),
            dy,
            0,
          ),
      context.needs(1) ? total(below(), min) : undefined,
      context.needs(2) ? total(above(), max) : undefined,
    ];
  },
};
