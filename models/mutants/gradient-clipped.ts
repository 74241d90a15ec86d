import { WEIGHTED } from './_layers.ts';
import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** Elements of a weight gradient are clipped to a fifth of the largest. */
export const gradientClipped: readonly Mutant[] = inLayers(
  { id: 'gradient-clipped', cause: 'gradient.clipped', wrong: 'weight' },
  WEIGHTED,
  (network, layer) =>
    withGradient(network, layer, `${layer}.weight`, (dweight) => {
      const bound = dweight.reduce((most, d) => Math.max(most, Math.abs(d)), 0) / 5;
      return dweight.map((d) => Math.max(-bound, Math.min(bound, d)));
    }),
);
