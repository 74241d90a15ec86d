import { floatAttribute } from '../../../harness/attributes.ts';
import type { GradientRule } from '../rule.ts';
import type { UnaryDerivative } from './_unary.ts';
import { unary } from './_unary.ts';

// Constants and defaults are float32 numbers, as ONNX stores attributes: SELU's own differ from the paper's in the eighth digit.

/** max(0, x) and what is linear above the kink. At the kink itself the lower side counts, as in PyTorch. */
export const reluFamily: readonly GradientRule[] = [
  unary('Relu', (given) => where0(given, 0)),
  unary('LeakyRelu', (given) => where0(given, floatAttribute(given.attributes, 'alpha', 0.01))),
  unary('ThresholdedRelu', ({ x, dy, attributes, math }) =>
    math.where(math.greater(x, floatAttribute(attributes, 'alpha', 1)), dy, 0),
  ),
  unary('Elu', (given) => exponentialBelow(given, 1, floatAttribute(given.attributes, 'alpha', 1), 1)),
  unary('Celu', (given) => exponentialBelow(given, 1, 1, floatAttribute(given.attributes, 'alpha', 1))),
  unary('Selu', (given) => {
    const gamma = floatAttribute(given.attributes, 'gamma', 1.05070102214813232421875);
    const alpha = floatAttribute(given.attributes, 'alpha', 1.67326319217681884765625);
    return exponentialBelow(given, gamma, gamma * alpha, 1);
  }),
];

/** dy above 0, slope · dy below. */
function where0({ x, dy, math }: UnaryDerivative, slope: number): string {
  return math.where(math.greater(x, 0), dy, slope === 0 ? 0 : math.mul(dy, slope));
}

/** upper · dy above 0, lower · exp(x / scale) · dy below. */
function exponentialBelow({ x, dy, math }: UnaryDerivative, upper: number, lower: number, scale: number): string {
  const { where, greater, mul, div, exp } = math;
  // Only the negative side may reach the exponential: the other would overflow.
  const below = where(greater(x, 0), 0, scale === 1 ? x : div(x, scale));
  return mul(dy, where(greater(x, 0), upper, mul(lower, exp(below))));
}
