import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Half of the squared error, as textbooks have it. */
export const halfSquaredError: readonly Mutant[] = inLayers(
  { id: 'half-squared-error', cause: 'loss.half-factor', wrong: 'output' },
  { autoencoder: 'loss' },
  (network, layer) =>
    withOutput(network, layer, (out) => {
      out[0]! /= 2;
    }),
);
