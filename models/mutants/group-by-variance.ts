import { EPSILON } from '../nets/blocks/normalisation.ts';
import { withGroupNorm } from './_groups.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** Divided by the variance of a group, without the root. */
export const groupByVariance: readonly Mutant[] = inLayers(
  { id: 'group-by-variance', cause: 'norm.variance-as-deviation', wrong: 'output' },
  { unet: 'u2.norm' },
  (network, layer) =>
    withGroupNorm(network, layer, 2, ({ variance }) => ({ rstd: variance.map((v) => 1 / (v + EPSILON)) })),
);
