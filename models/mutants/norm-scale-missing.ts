import { inLayers, type Mutant } from './_mutant.ts';
import { withNorm } from './_norm.ts';

/** Not multiplied by its weight. */
export const normScaleMissing: readonly Mutant[] = inLayers(
  { id: 'norm-scale-missing', cause: 'norm.affine-missing', wrong: 'output' },
  { resnetTraining: 'b1.bn2', gpt: 'b1.ln2', gptWritten: 'b2.ln1' },
  (network, layer) => withNorm(network, layer, ({ weight }) => ({ weight: weight.map(() => 1) })),
);
