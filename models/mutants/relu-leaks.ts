import { RELU } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Negative inputs pass, a hundredth of them. */
export const reluLeaks: readonly Mutant[] = inLayers(
  { id: 'relu-leaks', cause: 'activation.wrong-function', wrong: 'output' },
  RELU,
  (network, layer) =>
    withOutput(network, layer, (out, { input }) => {
      input.data.forEach((x, i) => (out[i] = x < 0 ? 0.01 * x : x));
    }),
);
