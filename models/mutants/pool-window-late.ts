import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Each window begins one row and one column late. */
export const poolWindowLate: readonly Mutant[] = inLayers(
  { id: 'pool-window-late', cause: 'pool.window-shifted', wrong: 'output' },
  { lenet: 'pool1' },
  (network, layer) =>
    withOutput(network, layer, (out, { input: x }) => {
      const [, , H, W] = image(x);
      for (let at = 0; at < out.length; at++) {
        const [q, p, plane] = [at % (W / 2), Math.floor((2 * at) / W) % (H / 2), Math.floor((4 * at) / (W * H))];
        let best = Number.NEGATIVE_INFINITY;
        for (const h of [2 * p + 1, 2 * p + 2]) {
          for (const w of [2 * q + 1, 2 * q + 2]) {
            if (h < H && w < W) best = Math.max(best, x.data[(plane * H + h) * W + w]!);
          }
        }
        out[at] = best;
      }
    }),
);
