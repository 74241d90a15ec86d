import { floatAttribute, stringAttribute } from '../../../harness/attributes.ts';
import type { GradientRule } from '../rule.ts';
import { geluDerivative, tanhGeluDerivative } from './_gelu.ts';
import type { GraphMath } from './_math.ts';
import { unary } from './_unary.ts';

/** Smooth activations. */
export const smoothActivations: readonly GradientRule[] = [
  unary('Sigmoid', ({ y, dy, math: { mul, sub } }) => mul(dy, mul(y, sub(1, y)))),
  unary('Tanh', ({ y, dy, math: { mul, sub } }) => mul(dy, sub(1, mul(y, y)))),
  unary('Softplus', ({ x, dy, math }) => math.mul(dy, math.sigmoid(x))),
  unary('Softsign', ({ x, dy, math: { div, mul, add, abs } }) => {
    const denominator = add(1, abs(x));
    return div(dy, mul(denominator, denominator));
  }),
  // x · tanh(softplus(x)); its derivative is t + x (1 − t²) sigmoid(x).
  unary('Mish', ({ x, dy, math, context }) => {
    const { mul, add, sub, tanh, sigmoid } = math;
    const t = tanh(context.emit('Softplus', [x]));
    return mul(dy, add(t, mul(mul(x, sub(1, mul(t, t))), sigmoid(x))));
  }),
  unary('Swish', ({ x, dy, attributes, math }) =>
    math.mul(dy, swishDerivative(math, x, floatAttribute(attributes, 'alpha', 1))),
  ),
  unary('Gelu', ({ x, dy, attributes, math }) => {
    const derivative =
      stringAttribute(attributes, 'approximate', 'none') === 'tanh' ? tanhGeluDerivative : geluDerivative;
    return math.mul(dy, derivative(math, x));
  }),
  unary(
    'QuickGelu',
    ({ x, dy, attributes, math }) => math.mul(dy, swishDerivative(math, x, floatAttribute(attributes, 'alpha', 1.702))),
    'com.microsoft',
  ),
  unary('Gelu', ({ x, dy, math }) => math.mul(dy, geluDerivative(math, x)), 'com.microsoft'),
];

/** x · sigmoid(alpha x): s (1 + alpha x (1 − s)). */
function swishDerivative({ mul, add, sub, sigmoid }: GraphMath, x: string, alpha: number): string {
  const scaled = alpha === 1 ? x : mul(x, alpha);
  const s = sigmoid(scaled);
  return mul(s, add(1, mul(scaled, sub(1, s))));
}
