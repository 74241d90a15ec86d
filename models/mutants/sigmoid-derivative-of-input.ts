import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The derivative out · (1 - out) is taken of the input: x · (1 - x). */
export const sigmoidDerivativeOfInput: readonly Mutant[] = inLayers(
  { id: 'sigmoid-derivative-of-input', cause: 'gradient.derivative-of-wrong-value', wrong: 'input' },
  { mlp: 'sigmoid', unet: 'out' },
  (network, layer) =>
    withInputGradient(network, layer, (_, { input: { data: x }, gradient }) =>
      gradient.map((d, i) => d * x[i]! * (1 - x[i]!)),
    ),
);
