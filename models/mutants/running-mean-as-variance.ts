import { EPSILON } from '../nets/blocks/normalisation.ts';
import { inLayers, type Mutant } from './_mutant.ts';
import { withNorm } from './_norm.ts';

/** The running variance is subtracted, and the running mean's root divided by: they are read in the wrong order. */
export const runningMeanAsVariance: readonly Mutant[] = inLayers(
  { id: 'running-mean-as-variance', cause: 'norm.affine-swapped', wrong: 'output' },
  { mobilenet: 'b1.bn' },
  (network, layer) =>
    withNorm(network, layer, (_, { parameters }) => ({
      mean: parameters[`${layer}.running_var`]!.data,
      rstd: parameters[`${layer}.running_mean`]!.data.map((m) => 1 / Math.sqrt(m + EPSILON)),
    })),
);
