import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Flattened with the channels last, as TensorFlow lays out images. */
export const flattenOrder: readonly Mutant[] = inLayers(
  { id: 'flatten-order', cause: 'flatten.order', wrong: 'output' },
  { lenet: 'flatten' },
  (network, layer) =>
    withOutput(network, layer, (out, { input }) => {
      const [B, C, H, W] = image(input);
      for (let b = 0; b < B; b++) {
        for (let c = 0; c < C; c++) {
          for (let i = 0; i < H * W; i++) out[(b * H * W + i) * C + c] = input.data[(b * C + c) * H * W + i]!;
        }
      }
    }),
);
