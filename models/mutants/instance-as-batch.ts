import { batchStatistics } from '../layers/batchnorm.ts';
import { EPSILON } from '../nets/blocks/normalisation.ts';
import { image } from '../nets/layer.ts';
import { withGroupNorm } from './_groups.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** Normalised over the batch too, where each example should be by itself. */
export const instanceAsBatch: readonly Mutant[] = inLayers(
  { id: 'instance-as-batch', cause: 'norm.axis', wrong: 'output' },
  { unet: 'd1.norm' },
  (network, layer) =>
    withGroupNorm(network, layer, 7, (right, { input }) => {
      const [mean, rstd] = [right.weight.slice(), right.weight.slice()];
      batchStatistics(mean, rstd, input.data, EPSILON, ...image(input));
      const [B, C] = image(input);
      const each = (values: Float32Array) => Float32Array.from({ length: B * C }, (_, i) => values[i % C]!);
      return { mean: each(mean), rstd: each(rstd) };
    }),
);
