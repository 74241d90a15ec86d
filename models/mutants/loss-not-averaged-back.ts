import { LOSS } from './_layers.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The gradient of the loss is that of a sum over the batch. */
export const lossNotAveragedBack: readonly Mutant[] = inLayers(
  { id: 'loss-not-averaged-back', cause: 'gradient.batch-factor', wrong: 'input' },
  LOSS,
  (network, layer) => withInputGradient(network, layer, (right, { input }) => right.map((d) => d * input.shape[0]!)),
);
