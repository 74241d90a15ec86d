import { EPSILON } from '../nets/blocks/normalisation.ts';
import { inLayers, type Mutant } from './_mutant.ts';
import { withNorm } from './_norm.ts';

/** Divided by the variance. */
export const normByVariance: readonly Mutant[] = inLayers(
  { id: 'norm-by-variance', cause: 'norm.variance-as-deviation', wrong: 'output' },
  { resnetTraining: 'b2.bn1', gpt: 'b1.ln2', gptWritten: 'b2.ln1' },
  (network, layer) => withNorm(network, layer, ({ variance }) => ({ rstd: variance.map((v) => 1 / (v + EPSILON)) })),
);
