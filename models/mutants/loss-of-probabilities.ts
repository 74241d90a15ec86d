import { LOSS } from './_layers.ts';
import { softmax, withLoss } from './_loss.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** The loss takes the logits of probabilities: softmax comes before a loss that has one of its own. */
export const lossOfProbabilities: readonly Mutant[] = inLayers(
  { id: 'loss-of-probabilities', cause: 'loss.double-softmax', wrong: 'output' },
  LOSS,
  (network, layer) =>
    withLoss(network, layer, ({ probabilities, target }) => -Math.log(softmax(probabilities)[target]!)),
);
