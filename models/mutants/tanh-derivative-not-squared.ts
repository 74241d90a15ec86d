import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** 1 - out for 1 - out². */
export const tanhDerivativeNotSquared: readonly Mutant[] = inLayers(
  { id: 'tanh-derivative-not-squared', cause: 'gradient.derivative-wrong', wrong: 'input' },
  { mlp: 'tanh', autoencoder: 'out' },
  (network, layer) =>
    withInputGradient(network, layer, (_, { output: { data: y }, gradient }) =>
      gradient.map((d, i) => d * (1 - y[i]!)),
    ),
);
