import { withFunction } from './_images.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** The gate alone, without the product with x. */
export const siluWithoutX: readonly Mutant[] = inLayers(
  { id: 'silu-without-x', cause: 'activation.wrong-function', wrong: 'output' },
  { unet: 'd2.act' },
  (network, layer) => withFunction(network, layer, (x) => 1 / (1 + Math.exp(-x))),
);
