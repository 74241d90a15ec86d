import { WEIGHTED } from './_layers.ts';
import { inLayers, type Mutant, withMisread } from './_mutant.ts';

/** A layer keeps its weight in bfloat16, cut off. */
export const bfloat16Weight: readonly Mutant[] = inLayers(
  { id: 'bfloat16-weight', cause: 'precision.reduced', wrong: 'output' },
  WEIGHTED,
  (network, layer) =>
    withMisread(network, layer, 'weight', ({ data }) => {
      const cut = data.slice();
      const bits = new Uint32Array(cut.buffer);
      for (let i = 0; i < bits.length; i++) bits[i]! &= 0xffff0000;
      return cut;
    }),
);
