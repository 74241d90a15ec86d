import { NORM } from './_layers.ts';
import { inLayers, type Mutant } from './_mutant.ts';
import { withNorm } from './_norm.ts';

/** Keras' epsilon of 1e-3 where the reference has 1e-5. */
export const normEpsilon: readonly Mutant[] = inLayers(
  { id: 'norm-epsilon', cause: 'norm.epsilon', wrong: 'output' },
  NORM,
  (network, layer) =>
    withNorm(network, layer, ({ variance }) => ({ rstd: variance.map((v) => 1 / Math.sqrt(v + 1e-3)) })),
);
