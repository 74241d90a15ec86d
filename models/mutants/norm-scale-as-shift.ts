import { inLayers, type Mutant } from './_mutant.ts';
import { withNorm } from './_norm.ts';

/** Weight and bias are exchanged. */
export const normScaleAsShift: readonly Mutant[] = inLayers(
  { id: 'norm-scale-as-shift', cause: 'norm.affine-swapped', wrong: 'output' },
  { resnetTraining: 'b2.bn2', unet: 'd2.norm', gpt: 'b1.ln2', gptWritten: 'b2.ln1' },
  (network, layer) => withNorm(network, layer, ({ weight, bias }) => ({ weight: bias, bias: weight })),
);
