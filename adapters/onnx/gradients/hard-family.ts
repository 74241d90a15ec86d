import { floatAttribute } from '../../../harness/attributes.ts';
import type { GradientRule } from '../rule.ts';
import { unary } from './_unary.ts';

/** Piecewise linear and quadratic activations, and Shrink. */
export const hardActivations: readonly GradientRule[] = [
  // clamp(alpha x + beta, 0, 1)
  unary('HardSigmoid', ({ x, dy, attributes, math: { mul, add, greater, less, and, where } }) => {
    const [alpha, beta] = [floatAttribute(attributes, 'alpha', 0.2), floatAttribute(attributes, 'beta', 0.5)];
    const line = add(mul(alpha, x), beta);
    return where(and(greater(line, 0), less(line, 1)), mul(dy, alpha), 0);
  }),
  // x · clamp(x / 6 + 1/2, 0, 1)
  unary('HardSwish', ({ x, dy, math: { mul, add, div, greater, less, where } }) =>
    mul(dy, where(greater(x, 3), 1, where(less(x, -3), 0, add(div(x, 3), 0.5)))),
  ),
  // x + bias below −lambd, x − bias above lambd, 0 between
  unary('Shrink', ({ x, dy, attributes, math: { abs, greater, where } }) =>
    where(greater(abs(x), floatAttribute(attributes, 'lambd', 0.5)), dy, 0),
  ),
];
