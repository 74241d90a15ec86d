import { EPSILON } from '../nets/blocks/normalisation.ts';
import { withGroupNorm } from './_groups.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** The variance of a group is divided by n - 1. */
export const groupUnbiased: readonly Mutant[] = inLayers(
  { id: 'group-unbiased', cause: 'norm.variance-unbiased', wrong: 'output' },
  { unet: 'u2.norm' },
  (network, layer) =>
    withGroupNorm(network, layer, 2, ({ variance, n }) => ({
      rstd: variance.map((v) => 1 / Math.sqrt((v * n) / (n - 1) + EPSILON)),
    })),
);
