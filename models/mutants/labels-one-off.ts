import { LOSS } from './_layers.ts';
import { withLoss } from './_loss.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** Classes are counted from 1. */
export const labelsOneOff: readonly Mutant[] = inLayers(
  { id: 'labels-one-off', cause: 'loss.label-shift', wrong: 'output' },
  LOSS,
  (network, layer) =>
    withLoss(
      network,
      layer,
      ({ probabilities, target }) => -Math.log(probabilities[(target + 1) % probabilities.length]!),
    ),
);
