import { exchanged } from './_kernels.ts';
import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** A transposed convolution's weight gradient is written as [outputs, inputs, …], where the weight is [inputs, outputs, …]. */
export const transposedGradientByOutputs: readonly Mutant[] = inLayers(
  { id: 'transposed-gradient-by-outputs', cause: 'gradient.transposed', wrong: 'weight' },
  { autoencoder: 'd2.up' },
  (network, layer) =>
    withGradient(network, layer, `${layer}.weight`, (data, { parameters }) => {
      const [C, O, ...taps] = parameters[`${layer}.weight`]!.shape;
      return exchanged({ data, shape: [O!, C!, ...taps] });
    }),
);
