import { withGroupNorm } from './_groups.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** Scale and shift are read in the wrong order. */
export const instanceScaleAsShift: readonly Mutant[] = inLayers(
  { id: 'instance-scale-as-shift', cause: 'norm.affine-swapped', wrong: 'output' },
  { unet: 'd1.norm' },
  (network, layer) => withGroupNorm(network, layer, 7, ({ weight, bias }) => ({ weight: bias, bias: weight })),
);
