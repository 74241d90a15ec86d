import { erf } from '../layers/gelu.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';
import { GELU } from './_sequence.ts';

/** The derivative leaves out that the share itself depends on the input. */
export const geluDerivativeWithoutDensity: readonly Mutant[] = inLayers(
  { id: 'gelu-derivative-without-density', cause: 'gradient.derivative-wrong', wrong: 'input' },
  GELU,
  (network, layer) =>
    withInputGradient(network, layer, (right, { input, gradient }) =>
      right.map((_, at) => (gradient[at]! * (1 + erf(input.data[at]! / Math.SQRT2))) / 2),
    ),
);
