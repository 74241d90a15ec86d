import { EPSILON } from '../nets/blocks/normalisation.ts';
import { inLayers, type Mutant } from './_mutant.ts';
import { withNorm } from './_norm.ts';

/** Root mean square normalisation where the reference subtracts the mean. */
export const normRootMeanSquare: readonly Mutant[] = inLayers(
  { id: 'norm-root-mean-square', cause: 'norm.mean-not-subtracted', wrong: 'output' },
  { gpt: 'b1.ln2', gptWritten: 'b2.ln1' },
  (network, layer) =>
    withNorm(network, layer, ({ mean, variance }) => ({
      mean: mean.map(() => 0),
      rstd: variance.map((v, n) => 1 / Math.sqrt(v + mean[n]! ** 2 + EPSILON)),
    })),
);
