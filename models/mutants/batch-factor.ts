import { WEIGHTED } from './_layers.ts';
import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** The weight gradient is divided by the batch size once more, after the loss has done so. */
export const batchFactor: readonly Mutant[] = inLayers(
  { id: 'batch-factor', cause: 'gradient.batch-factor', wrong: 'weight' },
  WEIGHTED,
  (network, layer) =>
    withGradient(network, layer, `${layer}.weight`, (dweight, { input }) => dweight.map((d) => d / input.shape[0]!)),
);
