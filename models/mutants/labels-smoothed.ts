import { LOSS } from './_layers.ts';
import { withLoss } from './_loss.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** A tenth of each label is spread over all classes. */
export const labelsSmoothed: readonly Mutant[] = inLayers(
  { id: 'labels-smoothed', cause: 'loss.smoothing', wrong: 'output' },
  LOSS,
  (network, layer) =>
    withLoss(network, layer, ({ probabilities, target }) => {
      const all = probabilities.reduce((sum, p) => sum - Math.log(p), 0) / probabilities.length;
      return 0.9 * -Math.log(probabilities[target]!) + 0.1 * all;
    }),
);
