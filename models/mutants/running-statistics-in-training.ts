import { EPSILON } from '../nets/blocks/normalisation.ts';
import { inLayers, type Mutant } from './_mutant.ts';
import { withNorm } from './_norm.ts';

/** Normalises by the running statistics, as in evaluation, while it is trained. */
export const runningStatisticsInTraining: readonly Mutant[] = inLayers(
  { id: 'running-statistics-in-training', cause: 'norm.statistics', wrong: 'output' },
  { resnetTraining: 'b1.bn2', unet: 'd2.norm' },
  (network, layer) =>
    withNorm(network, layer, (_, { parameters }) => {
      const [mean, variance] = [parameters[`${layer}.running_mean`]!.data, parameters[`${layer}.running_var`]!.data];
      return { mean, rstd: variance.map((v) => 1 / Math.sqrt(v + EPSILON)) };
    }),
);
