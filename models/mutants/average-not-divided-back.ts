import { eachWindow } from '../layers/pool.ts';
import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The gradient of an average goes to each element of its window undivided. */
export const averageNotDividedBack: readonly Mutant[] = inLayers(
  { id: 'average-not-divided-back', cause: 'gradient.pool-scale', wrong: 'input' },
  { autoencoder: 'e2.pool' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { input, gradient }) => {
      const dx = right.map(() => 0);
      let at = 0;
      eachWindow(...image(input), { size: 3, stride: 2, padding: 1 }, (inside) => {
        for (const i of inside) dx[i]! += gradient[at]!;
        at++;
      });
      return dx;
    }),
);
