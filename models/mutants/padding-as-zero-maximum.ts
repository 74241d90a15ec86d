import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Padding takes part in the maximum, as 0. */
export const paddingAsZeroMaximum: readonly Mutant[] = inLayers(
  { id: 'padding-as-zero-maximum', cause: 'pool.padding-value', wrong: 'output' },
  { unet: 'd1.pool' },
  (network, layer) =>
    withOutput(network, layer, (out, { input }, [, , P, Q]) => {
      const [, , H, W] = image(input);
      for (let at = 0; at < out.length; at++) {
        const [q, p] = [at % Q!, Math.floor(at / Q!) % P!];
        const crosses = p === 0 || q === 0 || 2 * p + 1 >= H || 2 * q + 1 >= W;
        if (crosses) out[at] = Math.max(0, out[at]!);
      }
    }),
);
