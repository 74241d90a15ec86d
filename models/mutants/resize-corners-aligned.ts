import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The corners of both images lie on one another (align_corners), where pixels should be squares. */
export const resizeCornersAligned: readonly Mutant[] = inLayers(
  { id: 'resize-corners-aligned', cause: 'resize.coordinates', wrong: 'output' },
  { unet: 'u2.up' },
  (network, layer) =>
    withOutput(network, layer, (out, { input: x }, [, , P, Q]) => {
      const [, , H, W] = image(x);
      for (let at = 0; at < out.length; at++) {
        const [q, p, plane] = [at % Q!, Math.floor(at / Q!) % P!, Math.floor(at / (Q! * P!))];
        const [h, w] = [(p * (H - 1)) / (P! - 1), (q * (W - 1)) / (Q! - 1)];
        const [i, j] = [Math.min(H - 2, Math.floor(h)), Math.min(W - 2, Math.floor(w))];
        const pixel = (row: number, column: number) => x.data[(plane * H + row) * W + column]!;
        const above = pixel(i, j) * (j + 1 - w) + pixel(i, j + 1) * (w - j);
        const below = pixel(i + 1, j) * (j + 1 - w) + pixel(i + 1, j + 1) * (w - j);
        out[at] = above * (i + 1 - h) + below * (h - i);
      }
    }),
);
