import { eachWindow } from '../layers/pool.ts';
import { HALVES } from '../nets/blocks/pooling.ts';
import { image, zeros } from '../nets/layer.ts';
import { lenet } from '../twins/lenet.ts';
import { type Mutant, withLayer } from './_mutant.ts';

/** A maximum's gradient goes to every element of its window. */
export const poolSpread: Mutant = {
  id: 'pool-spread',
  cause: 'gradient.pool-spread',
  net: 'lenet',
  tensor: '/net/Relu_1_output_0',
  direction: 'backward',
  make: () =>
    withLayer(lenet.make(), 'pool2', () => ({
      backward({ input, gradient }) {
        const dx = zeros(input);
        let at = 0;
        eachWindow(...image(input), HALVES, (inside) => {
          for (const i of inside) dx[i] = gradient[at]!;
          at++;
        });
        return { inputs: [dx] };
      },
    })),
};
