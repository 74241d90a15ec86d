// The same LeNet with one bug, which `npm run demo` finds: its second convolution walks over the kernel backwards, as the
// mathematicians' convolution does and the frameworks' does not.
import type { Network } from '../adapters/network/index.ts';
import lenet, { conv } from './lenet.ts';

const parameters = lenet.parameters!;

const lenetWithABug: Network = {
  ...lenet,
  name: 'lenet, by hand, with a bug',
  layers: lenet.layers!.map((layer) => {
    if (layer.name !== 'conv2') return layer;
    return {
      ...layer,
      forward({ input: { data: x, shape } }) {
        const [B, C, H, W] = shape as [number, number, number, number];
        const [w, b] = [parameters['conv2.weight']!.data, parameters['conv2.bias']!.data];
        const backwards = w.map((_, i) => w[i - (i % 9) + (8 - (i % 9))]!); // <-- the bug
        const y = new Float32Array(B * 16 * H * W);
        conv(y, x, backwards, b, B, C, 16, H, W);
        return { data: y, shape: [B, 16, H, W] };
      },
    };
  }),
};

export default lenetWithABug;
