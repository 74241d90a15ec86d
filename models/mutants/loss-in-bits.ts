import { LOSS } from './_layers.ts';
import { withLoss } from './_loss.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** The logarithm to base 2. */
export const lossInBits: readonly Mutant[] = inLayers(
  { id: 'loss-in-bits', cause: 'loss.log-base', wrong: 'output' },
  LOSS,
  (network, layer) => withLoss(network, layer, ({ probabilities, target }) => -Math.log2(probabilities[target]!)),
);
