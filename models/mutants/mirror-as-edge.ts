import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** The border repeats the edge, where it should mirror what lies inside. */
export const mirrorAsEdge: readonly Mutant[] = inLayers(
  { id: 'mirror-as-edge', cause: 'conv.padding-mode', wrong: 'output' },
  { autoencoder: 'pad' },
  (network, layer) =>
    withOutput(network, layer, (out, { input: x }) => {
      const [, , H, W] = image(x);
      const inside = (i: number, size: number) => Math.min(size - 1, Math.max(0, i - 1));
      out.forEach((_, at) => {
        const [w, h, plane] = [at % (W + 2), Math.floor(at / (W + 2)) % (H + 2), Math.floor(at / ((W + 2) * (H + 2)))];
        out[at] = x.data[(plane * H + inside(h, H)) * W + inside(w, W)]!;
      });
    }),
);
