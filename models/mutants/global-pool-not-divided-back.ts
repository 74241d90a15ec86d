import { image } from '../nets/layer.ts';
import { GLOBAL_POOL } from './_layers.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The gradient of a mean is given to each element undivided. */
export const globalPoolNotDividedBack: readonly Mutant[] = inLayers(
  { id: 'global-pool-not-divided-back', cause: 'gradient.pool-scale', wrong: 'input' },
  GLOBAL_POOL,
  (network, layer) =>
    withInputGradient(network, layer, (right, { input }) => {
      const [, , H, W] = image(input);
      return right.map((d) => d * H * W);
    }),
);
