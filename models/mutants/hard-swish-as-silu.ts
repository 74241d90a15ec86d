import { withFunction } from './_images.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** The smooth gate for the hard one. */
export const hardSwishAsSilu: readonly Mutant[] = inLayers(
  { id: 'hard-swish-as-silu', cause: 'activation.wrong-function', wrong: 'output' },
  { mobilenet: 'b2.act' },
  (network, layer) => withFunction(network, layer, (x) => x / (1 + Math.exp(-x))),
);
