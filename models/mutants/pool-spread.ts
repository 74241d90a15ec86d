import { eachWindow } from '../layers/pool.ts';
import { HALVES } from '../nets/blocks/pooling.ts';
import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** A maximum's gradient goes to every element of its window. */
export const poolSpread: readonly Mutant[] = inLayers(
  { id: 'pool-spread', cause: 'gradient.pool-spread', wrong: 'input' },
  { lenet: 'pool2', unet: 'd2.pool' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { input, gradient }) => {
      const dx = right.map(() => 0);
      let at = 0;
      eachWindow(...image(input), HALVES, (inside) => {
        for (const i of inside) dx[i] = gradient[at]!;
        at++;
      });
      return dx;
    }),
);
