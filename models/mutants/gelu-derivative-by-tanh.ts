import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';
import { GELU } from './_sequence.ts';

/** The derivative is that of the approximation by a hyperbolic tangent. */
export const geluDerivativeByTanh: readonly Mutant[] = inLayers(
  { id: 'gelu-derivative-by-tanh', cause: 'gradient.derivative-wrong', wrong: 'input' },
  GELU,
  (network, layer) =>
    withInputGradient(network, layer, (right, { input, gradient }) =>
      right.map((_, at) => {
        const v = input.data[at]!;
        const t = Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3));
        const slope = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * v ** 2);
        return gradient[at]! * (0.5 * (1 + t) + 0.5 * v * (1 - t * t) * slope);
      }),
    ),
);
