import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The way back takes the mean for a constant, and the variance not. */
export const meanConstant: readonly Mutant[] = inLayers(
  { id: 'mean-constant', cause: 'gradient.statistics-constant', wrong: 'input' },
  { resnetTraining: 'b1.bn2', unet: 'd2.norm' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { input, parameters, saved, gradient }) => {
      const [B, C, H, W] = image(input);
      const plane = H * W;
      const channel = (at: number) => Math.floor(at / plane) % C;
      const sums = new Float64Array(C);
      gradient.forEach((d, at) => (sums[channel(at)]! += d));
      // What the mean's dependence on x takes away, given back.
      return right.map((d, at) => {
        const c = channel(at);
        return d + (parameters[`${layer}.weight`]!.data[c]! * saved['rstd']![c]! * sums[c]!) / (B * plane);
      });
    }),
);
