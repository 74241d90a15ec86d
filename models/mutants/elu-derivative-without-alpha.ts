import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** out + 1 where the derivative is out + alpha. */
export const eluDerivativeWithoutAlpha: readonly Mutant[] = inLayers(
  { id: 'elu-derivative-without-alpha', cause: 'gradient.derivative-wrong', wrong: 'input' },
  { autoencoder: 'e2.act' },
  (network, layer) =>
    withInputGradient(network, layer, (_, { input, output, gradient }) =>
      gradient.map((d, i) => (input.data[i]! > 0 ? d : d * (output.data[i]! + 1))),
    ),
);
