import { LOSS } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The loss is summed over the batch, not averaged. */
export const lossSummed: readonly Mutant[] = inLayers(
  { id: 'loss-summed', cause: 'loss.reduction', wrong: 'output' },
  LOSS,
  (network, layer) =>
    withOutput(network, layer, (out, { input }) => {
      out[0]! *= input.shape[0]!;
    }),
);
