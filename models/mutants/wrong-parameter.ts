import { resnet } from '../twins/resnet.ts';
import { type Mutant, withLayer, withParameter } from './_mutant.ts';

/** A convolution uses the weight of the one before it, which has the same shape. */
export const wrongParameter: Mutant = {
  id: 'wrong-parameter',
  cause: 'wiring.wrong-source',
  net: 'resnet',
  tensor: '/net/b1/conv2/Conv_output_0',
  direction: 'forward',
  make: () =>
    withLayer(resnet.make(), 'b1.conv2', (right) => ({
      forward: (context) =>
        right.forward(withParameter(context, 'b1.conv2.weight', context.parameters['b1.conv1.weight']!.data)),
    })),
};
