import { EPSILON } from '../nets/blocks/normalisation.ts';
import { inLayers, type Mutant } from './_mutant.ts';
import { withNorm } from './_norm.ts';

/** The variance is divided by n - 1. */
export const normUnbiased: readonly Mutant[] = inLayers(
  { id: 'norm-unbiased', cause: 'norm.variance-unbiased', wrong: 'output' },
  { resnetTraining: 'b2.bn2', gpt: 'b1.ln2', gptWritten: 'b2.ln1' },
  (network, layer) =>
    withNorm(network, layer, ({ variance, n }) => ({
      rstd: variance.map((v) => 1 / Math.sqrt((v * n) / (n - 1) + EPSILON)),
    })),
);
