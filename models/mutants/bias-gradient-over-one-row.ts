import { lenet } from '../twins/lenet.ts';
import { type Mutant, withGradient } from './_mutant.ts';

/** The gradient of a convolution's bias is summed over batch and rows, but not over columns. */
export const biasGradientOverOneRow: Mutant = {
  id: 'bias-gradient-over-one-row',
  cause: 'gradient.bias-axis',
  net: 'lenet',
  tensor: 'net.conv1.bias',
  direction: 'backward',
  make: () =>
    withGradient(lenet.make(), 'conv1', 'conv1.bias', (dbias, { gradient }) =>
      dbias.map((_, c) => {
        let sum = 0;
        for (let b = 0; b < 8; b++) for (let h = 0; h < 8; h++) sum += gradient[((b * 8 + c) * 8 + h) * 8]!;
        return sum;
      }),
    ),
};
