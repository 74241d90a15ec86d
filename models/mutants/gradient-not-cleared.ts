import { WEIGHTED } from './_layers.ts';
import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** The weight gradient still holds that of the step before, on the same batch. */
export const gradientNotCleared: readonly Mutant[] = inLayers(
  { id: 'gradient-not-cleared', cause: 'gradient.accumulated', wrong: 'weight' },
  WEIGHTED,
  (network, layer) => withGradient(network, layer, `${layer}.weight`, (dweight) => dweight.map((d) => 2 * d)),
);
