import { resnet } from '../twins/resnet.ts';
import { type Mutant, withLayer, withParameter } from './_mutant.ts';

/** Input and output channels of a square weight are swapped. */
export const weightTransposed: Mutant = {
  id: 'weight-transposed',
  cause: 'weight.transposed',
  net: 'resnet',
  tensor: '/net/b2/conv2/Conv_output_0',
  direction: 'forward',
  make: () =>
    withLayer(resnet.make(), 'b2.conv2', (right) => ({
      forward: (context) => {
        const weight = context.parameters['b2.conv2.weight']!.data;
        const transposed = weight.map((_, at) => {
          const [o, c, tap] = [Math.floor(at / 144), Math.floor(at / 9) % 16, at % 9];
          return weight[(c * 16 + o) * 9 + tap]!;
        });
        return right.forward(withParameter(context, 'b2.conv2.weight', transposed));
      },
    })),
};
