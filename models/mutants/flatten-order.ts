import { image } from '../nets/layer.ts';
import { lenet } from '../twins/lenet.ts';
import { type Mutant, withOutput } from './_mutant.ts';

/** Flattened with the channels last, as TensorFlow lays out images. */
export const flattenOrder: Mutant = {
  id: 'flatten-order',
  cause: 'flatten.order',
  net: 'lenet',
  tensor: '/net/Flatten_output_0',
  direction: 'forward',
  make: () =>
    withOutput(lenet.make(), 'flatten', (out, { input }) => {
      const [B, C, H, W] = image(input);
      for (let b = 0; b < B; b++) {
        for (let c = 0; c < C; c++) {
          for (let i = 0; i < H * W; i++) out[(b * H * W + i) * C + c] = input.data[(b * C + c) * H * W + i]!;
        }
      }
    }),
};
