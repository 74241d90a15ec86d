import { batchStatistics } from '../layers/batchnorm.ts';
import { EPSILON } from '../nets/blocks/normalisation.ts';
import { image } from '../nets/layer.ts';
import { inLayers, type Mutant } from './_mutant.ts';
import { withNorm } from './_norm.ts';

/** Normalises by the batch's own statistics, as in training, while it is evaluated. */
export const batchStatisticsInEvaluation: readonly Mutant[] = inLayers(
  { id: 'batch-statistics-in-evaluation', cause: 'norm.statistics', wrong: 'output' },
  { mobilenet: 'b1.bn' },
  (network, layer) =>
    withNorm(network, layer, ({ weight }, { input }) => {
      const [mean, rstd] = [weight.slice(), weight.slice()];
      batchStatistics(mean, rstd, input.data, EPSILON, ...image(input));
      return { mean, rstd };
    }),
);
