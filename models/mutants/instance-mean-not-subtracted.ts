import { EPSILON } from '../nets/blocks/normalisation.ts';
import { withGroupNorm } from './_groups.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** Divided by the root of the mean of squares; no mean is subtracted. */
export const instanceMeanNotSubtracted: readonly Mutant[] = inLayers(
  { id: 'instance-mean-not-subtracted', cause: 'norm.mean-not-subtracted', wrong: 'output' },
  { unet: 'd1.norm' },
  (network, layer) =>
    withGroupNorm(network, layer, 7, ({ mean, variance }) => ({
      mean: mean.map(() => 0),
      rstd: variance.map((v, g) => 1 / Math.sqrt(v + mean[g]! ** 2 + EPSILON)),
    })),
);
