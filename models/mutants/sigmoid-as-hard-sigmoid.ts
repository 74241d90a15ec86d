import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** A straight line between 0 and 1, with a slope of 0.2. */
export const sigmoidAsHardSigmoid: readonly Mutant[] = inLayers(
  { id: 'sigmoid-as-hard-sigmoid', cause: 'activation.wrong-function', wrong: 'output' },
  { mlp: 'sigmoid', unet: 'out' },
  (network, layer) =>
    withOutput(network, layer, (out, { input }) => {
      input.data.forEach((x, i) => (out[i] = Math.max(0, Math.min(1, 0.2 * x + 0.5))));
    }),
);
