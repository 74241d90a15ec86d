import { inLayers, type Mutant } from './_mutant.ts';
import { withNorm } from './_norm.ts';

/** Its bias is not added. */
export const normShiftMissing: readonly Mutant[] = inLayers(
  { id: 'norm-shift-missing', cause: 'norm.affine-missing', wrong: 'output' },
  { resnetTraining: 'b2.bn1', gpt: 'b1.ln2', gptWritten: 'b2.ln1' },
  (network, layer) => withNorm(network, layer, ({ bias }) => ({ bias: bias.map(() => 0) })),
);
