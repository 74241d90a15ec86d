import { image } from '../nets/layer.ts';
import { CONVOLUTION } from './_layers.ts';
import { inLayers, type Mutant, withGradient } from './_mutant.ts';

/** The weight gradient reads the image as if it had no padding. */
export const paddingForgottenBack: readonly Mutant[] = inLayers(
  { id: 'padding-forgotten-back', cause: 'gradient.ignores-padding', wrong: 'weight' },
  CONVOLUTION,
  (network, layer) =>
    withGradient(network, layer, `${layer}.weight`, (right, { input: x, parameters, gradient }) => {
      const [[, C, H, W], [O]] = [image(x), image(parameters[`${layer}.weight`]!)];
      const dweight = right.map(() => 0);
      gradient.forEach((d, at) => {
        const [q, p, o, b] = [
          at % W,
          Math.floor(at / W) % H,
          Math.floor(at / (W * H)) % O,
          Math.floor(at / (W * H * O)),
        ];
        for (let c = 0; c < C; c++) {
          for (let k = 0; k < 3 && p + k < H; k++) {
            for (let l = 0; l < 3 && q + l < W; l++) {
              dweight[((o * C + c) * 3 + k) * 3 + l]! += d * x.data[((b * C + c) * H + p + k) * W + q + l]!;
            }
          }
        }
      });
      return dweight;
    }),
);
