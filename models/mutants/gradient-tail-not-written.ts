import { WEIGHTED } from './_layers.ts';
import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** The last row of a weight gradient is never written. */
export const gradientTailNotWritten: readonly Mutant[] = inLayers(
  { id: 'gradient-tail-not-written', cause: 'region.partial', wrong: 'weight' },
  WEIGHTED,
  (network, layer) =>
    withGradient(network, layer, `${layer}.weight`, (dweight, { parameters }) => {
      const [O] = parameters[`${layer}.weight`]!.shape;
      return dweight.map((d, at) => (at < dweight.length - dweight.length / O! ? d : 0));
    }),
);
