import { EPSILON } from '../nets/blocks/normalisation.ts';
import { NORM } from './_layers.ts';
import { inLayers, type Mutant } from './_mutant.ts';
import { withNorm } from './_norm.ts';

/** Epsilon is added to the deviation, and of the size that shows. */
export const normEpsilonOutside: readonly Mutant[] = inLayers(
  { id: 'norm-epsilon-outside', cause: 'norm.epsilon-outside-root', wrong: 'output' },
  NORM,
  (network, layer) =>
    withNorm(network, layer, ({ variance }) => ({ rstd: variance.map((v) => 1 / (Math.sqrt(v) + EPSILON)) })),
);
