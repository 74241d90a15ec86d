import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Logarithms to the base 2. */
export const pixelLossInBits: readonly Mutant[] = inLayers(
  { id: 'pixel-loss-in-bits', cause: 'loss.log-base', wrong: 'output' },
  { unet: 'loss' },
  (network, layer) =>
    withOutput(network, layer, (out) => {
      out[0]! *= Math.LOG2E;
    }),
);
