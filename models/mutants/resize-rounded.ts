import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The nearest pixel by the middles of pixels, where it should be the one at or before p · H / P. */
export const resizeRounded: readonly Mutant[] = inLayers(
  { id: 'resize-rounded', cause: 'resize.coordinates', wrong: 'output' },
  { unet: 'u1.up' },
  (network, layer) =>
    withOutput(network, layer, (out, { input: x }, [, , P, Q]) => {
      const [, , H, W] = image(x);
      for (let at = 0; at < out.length; at++) {
        const [q, p, plane] = [at % Q!, Math.floor(at / Q!) % P!, Math.floor(at / (Q! * P!))];
        const [h, w] = [Math.floor(((p + 0.5) * H) / P!), Math.floor(((q + 0.5) * W) / Q!)];
        out[at] = x.data[(plane * H + h) * W + w]!;
      }
    }),
);
