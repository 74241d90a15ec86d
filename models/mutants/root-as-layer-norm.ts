import { EPSILON } from '../nets/blocks/normalisation.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Layer normalisation where the reference leaves the mean in. */
export const rootAsLayerNorm: readonly Mutant[] = inLayers(
  { id: 'root-as-layer-norm', cause: 'norm.mean-not-subtracted', wrong: 'output' },
  { rotary: 'norm1' },
  (network, layer) =>
    withOutput(network, layer, (out, { input, parameters }) => {
      const weight = parameters[`${layer}.weight`]!.data;
      const D = weight.length;
      out.forEach((_, at) => {
        const row = input.data.subarray(at - (at % D), at - (at % D) + D);
        const mean = row.reduce((sum, x) => sum + x, 0) / D;
        const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / D;
        out[at] = ((input.data[at]! - mean) / Math.sqrt(variance + EPSILON)) * weight[at % D]!;
      });
    }),
);
