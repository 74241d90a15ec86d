import { withFunction } from './_images.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** 1 for alpha. */
export const eluAlpha: readonly Mutant[] = inLayers(
  { id: 'elu-alpha', cause: 'activation.constant', wrong: 'output' },
  { autoencoder: 'e2.act' },
  (network, layer) => withFunction(network, layer, (x) => (x > 0 ? x : Math.expm1(x))),
);
