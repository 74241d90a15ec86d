import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** out for out · (1 - out). */
export const sigmoidDerivativeHalf: readonly Mutant[] = inLayers(
  { id: 'sigmoid-derivative-half', cause: 'gradient.derivative-wrong', wrong: 'input' },
  { mlp: 'sigmoid', unet: 'out' },
  (network, layer) =>
    withInputGradient(network, layer, (_, { output: { data: y }, gradient }) => gradient.map((d, i) => d * y[i]!)),
);
