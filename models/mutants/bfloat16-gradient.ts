import { WEIGHTED } from './_layers.ts';
import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** A weight gradient is kept in bfloat16. */
export const bfloat16Gradient: readonly Mutant[] = inLayers(
  { id: 'bfloat16-gradient', cause: 'precision.reduced', wrong: 'weight' },
  WEIGHTED,
  (network, layer) =>
    withGradient(network, layer, `${layer}.weight`, (dweight) => {
      const kept = dweight.slice();
      const bits = new Uint32Array(kept.buffer);
      // To nearest, ties to even, in the upper half of the word.
      for (let i = 0; i < bits.length; i++) bits[i] = (bits[i]! + 0x7fff + ((bits[i]! >>> 16) & 1)) & 0xffff0000;
      return kept;
    }),
);
