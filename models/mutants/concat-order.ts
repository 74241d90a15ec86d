import { concat } from '../layers/concat.ts';
import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** What comes from below is put before the skip connection. */
export const concatOrder: readonly Mutant[] = inLayers(
  { id: 'concat-order', cause: 'concat.order', wrong: 'output' },
  { unet: 'u2.cat' },
  (network, layer) =>
    withOutput(network, layer, (out, { inputs }) => {
      const [a, b] = Object.values(inputs) as [(typeof inputs)[string], (typeof inputs)[string]];
      const [[B, M, H, W], [, N]] = [image(a), image(b)];
      concat(out, b.data, a.data, B, N, M, H * W);
    }),
);
