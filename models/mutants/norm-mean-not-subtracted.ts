import { inLayers, type Mutant } from './_mutant.ts';
import { withNorm } from './_norm.ts';

/** Divided by the deviation around the mean, without subtracting the mean. */
export const normMeanNotSubtracted: readonly Mutant[] = inLayers(
  { id: 'norm-mean-not-subtracted', cause: 'norm.mean-not-subtracted', wrong: 'output' },
  { resnetTraining: 'b1.bn1', gpt: 'b1.ln2', gptWritten: 'b2.ln1' },
  (network, layer) => withNorm(network, layer, ({ mean }) => ({ mean: mean.map(() => 0) })),
);
