import { GLOBAL_POOL } from './_layers.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The maximum of each channel, not the mean. */
export const globalMaximum: readonly Mutant[] = inLayers(
  { id: 'global-maximum', cause: 'pool.kind', wrong: 'output' },
  GLOBAL_POOL,
  (network, layer) =>
    withOutput(network, layer, (out, { input }) => {
      const plane = input.data.length / out.length;
      for (let i = 0; i < out.length; i++) out[i] = Math.max(...input.data.subarray(i * plane, (i + 1) * plane));
    }),
);
