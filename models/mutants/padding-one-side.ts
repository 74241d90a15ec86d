import { conv2d } from '../layers/conv2d.ts';
import { image } from '../nets/layer.ts';
import { lenet } from '../twins/lenet.ts';
import { type Mutant, withLayer } from './_mutant.ts';

/** All padding lies before the first row and column, none after the last. */
export const paddingOneSide: Mutant = {
  id: 'padding-one-side',
  cause: 'conv.padding',
  net: 'lenet',
  tensor: '/net/conv2/Conv_output_0',
  direction: 'forward',
  make: () =>
    withLayer(lenet.make(), 'conv2', () => ({
      forward({ input: x, parameters }) {
        const [B, C, H, W] = image(x);
        // Two rows and columns before the image, one too many after it: the last output row and column are dropped.
        const wide = { stride: 1, padding: 2, dilation: 1, groups: 1 };
        const out = new Float32Array(B * 16 * (H + 2) * (W + 2));
        const [weight, bias] = [parameters['conv2.weight']!.data, parameters['conv2.bias']!.data];
        conv2d(out, x.data, weight, bias, B, C, H, W, 16, 3, 3, wide);
        const cropped = new Float32Array(B * 16 * H * W);
        for (let plane = 0; plane < B * 16; plane++) {
          for (let h = 0; h < H; h++) {
            for (let w = 0; w < W; w++) cropped[(plane * H + h) * W + w] = out[(plane * (H + 2) + h) * (W + 2) + w]!;
          }
        }
        return { data: cropped, shape: [B, 16, H, W] };
      },
    })),
};
