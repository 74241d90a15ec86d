import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The derivative 1 - out² is taken of the input: 1 - x². */
export const tanhDerivativeOfInput: readonly Mutant[] = inLayers(
  { id: 'tanh-derivative-of-input', cause: 'gradient.derivative-of-wrong-value', wrong: 'input' },
  { mlp: 'tanh', autoencoder: 'out' },
  (network, layer) =>
    withInputGradient(network, layer, (_, { input: { data: x }, gradient }) =>
      gradient.map((d, i) => d * (1 - x[i]! ** 2)),
    ),
);
