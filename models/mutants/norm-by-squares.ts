import { EPSILON } from '../nets/blocks/normalisation.ts';
import { image } from '../nets/layer.ts';
import { inLayers, type Mutant } from './_mutant.ts';
import { withNorm } from './_norm.ts';

/** The variance is the mean of the squares less the square of the mean, summed in float32: far from 0 little is left of it. */
export const normBySquares: readonly Mutant[] = inLayers(
  { id: 'norm-by-squares', cause: 'norm.cancellation', wrong: 'output' },
  { unet: 'd2.norm' },
  (network, layer) =>
    withNorm(network, layer, ({ n }, { input }) => {
      const [, C, H, W] = image(input);
      const [sum, squares] = [new Float32Array(C), new Float32Array(C)];
      input.data.forEach((x, at) => {
        const c = Math.floor(at / (H * W)) % C;
        sum[c]! += x;
        squares[c]! += Math.fround(x * x);
      });
      const mean = sum.map((s) => s / n);
      const variance = squares.map((s, c) => Math.fround(s / n) - Math.fround(mean[c]! * mean[c]!));
      return { mean, rstd: variance.map((v) => 1 / Math.sqrt(v + EPSILON)) };
    }),
);
