import { withFunction } from './_images.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** A straight line for the exponential. */
export const eluAsLeaky: readonly Mutant[] = inLayers(
  { id: 'elu-as-leaky', cause: 'activation.wrong-function', wrong: 'output' },
  { autoencoder: 'e2.act' },
  (network, layer) => withFunction(network, layer, (x) => (x > 0 ? x : 0.01 * x)),
);
