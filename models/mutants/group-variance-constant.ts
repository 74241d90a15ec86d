import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The way back of an instance normalisation knows that the mean moves, but not the variance. */
export const groupVarianceConstant: readonly Mutant[] = inLayers(
  { id: 'group-variance-constant', cause: 'gradient.statistics-constant', wrong: 'input' },
  { unet: 'd1.norm' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { input, parameters, saved, gradient }) => {
      const [B, C, H, W] = image(input);
      const dx = right.slice();
      for (let plane = 0; plane < B * C; plane++) {
        const [from, n] = [plane * H * W, H * W];
        const scale = parameters[`${layer}.weight`]!.data[plane % C]! * saved['rstd']![plane]!;
        const mean = gradient.subarray(from, from + n).reduce((sum, d) => sum + d, 0) / n;
        for (let at = from; at < from + n; at++) dx[at] = scale * (gradient[at]! - mean);
      }
      return dx;
    }),
);
