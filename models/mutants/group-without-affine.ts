import { withGroupNorm } from './_groups.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** Neither scaled nor shifted. */
export const groupWithoutAffine: readonly Mutant[] = inLayers(
  { id: 'group-without-affine', cause: 'norm.affine-missing', wrong: 'output' },
  { unet: 'u2.norm' },
  (network, layer) =>
    withGroupNorm(network, layer, 2, ({ weight, bias }) => ({
      weight: weight.map(() => 1),
      bias: bias.map(() => 0),
    })),
);
