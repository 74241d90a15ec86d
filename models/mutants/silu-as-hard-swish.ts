import { withFunction } from './_images.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** The hard gate for the smooth one. */
export const siluAsHardSwish: readonly Mutant[] = inLayers(
  { id: 'silu-as-hard-swish', cause: 'activation.wrong-function', wrong: 'output' },
  { unet: 'd2.act' },
  (network, layer) => withFunction(network, layer, (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5))),
);
