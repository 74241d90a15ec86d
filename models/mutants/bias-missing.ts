import { lenet } from '../twins/lenet.ts';
import { type Mutant, withLayer, withParameter } from './_mutant.ts';

/** The second convolution forgets its bias. */
export const biasMissing: Mutant = {
  id: 'bias-missing',
  cause: 'bias.missing',
  net: 'lenet',
  tensor: '/net/conv2/Conv_output_0',
  direction: 'forward',
  make: () =>
    withLayer(lenet.make(), 'conv2', (right) => ({
      forward: (context) => right.forward(withParameter(context, 'conv2.bias', new Float32Array(16))),
    })),
};
