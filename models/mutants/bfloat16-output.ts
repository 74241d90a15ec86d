import { ANY } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** A layer keeps its output in bfloat16. */
export const bfloat16Output: readonly Mutant[] = inLayers(
  { id: 'bfloat16-output', cause: 'precision.reduced', wrong: 'output' },
  ANY,
  (network, layer) =>
    withOutput(network, layer, (out) => {
      const bits = new Uint32Array(out.buffer);
      for (let i = 0; i < bits.length; i++) {
        // To nearest, ties to even, in the upper half of the word.
        bits[i] = (bits[i]! + 0x7fff + ((bits[i]! >>> 16) & 1)) & 0xffff0000;
      }
    }),
);
