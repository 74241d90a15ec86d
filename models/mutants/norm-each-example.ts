import { EPSILON } from '../nets/blocks/normalisation.ts';
import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Each example is normalised by itself. */
export const normEachExample: readonly Mutant[] = inLayers(
  { id: 'norm-each-example', cause: 'norm.axis', wrong: 'output' },
  { resnetTraining: 'b2.bn1', unet: 'd2.norm' },
  (network, layer) =>
    withOutput(network, layer, (out, { input, parameters }) => {
      const [, C, H, W] = image(input);
      const [weight, bias] = [parameters[`${layer}.weight`]!.data, parameters[`${layer}.bias`]!.data];
      for (let from = 0; from < out.length; from += H * W) {
        const plane = input.data.subarray(from, from + H * W);
        const mean = plane.reduce((sum, x) => sum + x, 0) / (H * W);
        const variance = plane.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (H * W);
        const c = (from / (H * W)) % C;
        out.set(
          plane.map((x) => ((x - mean) / Math.sqrt(variance + EPSILON)) * weight[c]! + bias[c]!),
          from,
        );
      }
    }),
);
