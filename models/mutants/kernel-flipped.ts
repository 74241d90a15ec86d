import { lenet } from '../twins/lenet.ts';
import { type Mutant, withLayer, withParameter } from './_mutant.ts';

/** A true convolution: the kernel is turned by half a circle. */
export const kernelFlipped: Mutant = {
  id: 'kernel-flipped',
  cause: 'conv.kernel-flipped',
  net: 'lenet',
  tensor: '/net/conv2/Conv_output_0',
  direction: 'forward',
  make: () =>
    withLayer(lenet.make(), 'conv2', (right) => ({
      forward: (context) =>
        right.forward(withParameter(context, 'conv2.weight', flipped(context.parameters['conv2.weight']!.data))),
    })),
};

/** Each kernel of nine taps in reverse. */
function flipped(weight: Float32Array): Float32Array {
  return weight.map((_, i) => weight[i - (i % 9) + 8 - (i % 9)]!);
}
