import { WEIGHTED } from './_layers.ts';
import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** The weight gradient has the opposite sign. */
export const gradientSignFlipped: readonly Mutant[] = inLayers(
  { id: 'gradient-sign-flipped', cause: 'sign.flipped', wrong: 'weight' },
  WEIGHTED,
  (network, layer) => withGradient(network, layer, `${layer}.weight`, (dweight) => dweight.map((d) => -d)),
);
