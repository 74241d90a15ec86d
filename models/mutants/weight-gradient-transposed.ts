import { resnet } from '../twins/resnet.ts';
import { type Mutant, withGradient } from './_mutant.ts';

/** Input and output channels of a weight gradient are swapped. */
export const weightGradientTransposed: Mutant = {
  id: 'weight-gradient-transposed',
  cause: 'gradient.transposed',
  net: 'resnet',
  tensor: 'onnx::Conv_61',
  direction: 'backward',
  make: () =>
    withGradient(resnet.make(), 'b2.conv2', 'b2.conv2.weight', (dweight) =>
      dweight.map((_, at) => {
        const [o, c, tap] = [Math.floor(at / 144), Math.floor(at / 9) % 16, at % 9];
        return dweight[(c * 16 + o) * 9 + tap]!;
      }),
    ),
};
