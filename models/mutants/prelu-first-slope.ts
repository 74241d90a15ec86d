import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The first channel's slope is used for all. */
export const preluFirstSlope: readonly Mutant[] = inLayers(
  { id: 'prelu-first-slope', cause: 'activation.slope', wrong: 'output' },
  { autoencoder: 'e1.act' },
  (network, layer) =>
    withOutput(network, layer, (out, { input, parameters }) => {
      const slope = parameters[`${layer}.slope`]!.data[0]!;
      input.data.forEach((x, i) => (out[i] = x > 0 ? x : slope * x));
    }),
);
