import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** x / (1 + |x|) for the hyperbolic tangent. */
export const tanhAsSoftsign: readonly Mutant[] = inLayers(
  { id: 'tanh-as-softsign', cause: 'activation.wrong-function', wrong: 'output' },
  { mlp: 'tanh', autoencoder: 'out' },
  (network, layer) =>
    withOutput(network, layer, (out, { input }) => {
      input.data.forEach((x, i) => (out[i] = x / (1 + Math.abs(x))));
    }),
);
