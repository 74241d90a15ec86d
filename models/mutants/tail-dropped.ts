import { mlp } from '../twins/mlp.ts';
import { type Mutant, withLayer, withParameter } from './_mutant.ts';

/** The inner sum goes in steps of five and leaves out the last three of 48 terms. */
export const tailDropped: Mutant = {
  id: 'tail-dropped',
  cause: 'linear.tail-dropped',
  net: 'mlp',
  tensor: '/net/fc2/Gemm_output_0',
  direction: 'forward',
  make: () =>
    withLayer(mlp.make(), 'fc2', (right) => ({
      forward(context) {
        const weight = context.parameters['fc2.weight']!.data.slice();
        for (let i = 0; i < weight.length; i++) if (i % 48 >= 45) weight[i] = 0;
        return right.forward(withParameter(context, 'fc2.weight', weight));
      },
    })),
};
