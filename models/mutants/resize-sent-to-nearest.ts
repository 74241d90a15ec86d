import { resizeNearestBackward } from '../layers/resize.ts';
import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** What was interpolated on the way there goes back to one pixel each. */
export const resizeSentToNearest: readonly Mutant[] = inLayers(
  { id: 'resize-sent-to-nearest', cause: 'resize.coordinates', wrong: 'input' },
  { unet: 'u2.up' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { input, output, gradient }) => {
      const [dx, [, , P, Q]] = [right.map(() => 0), image(output)];
      resizeNearestBackward(dx, gradient, ...image(input), P, Q);
      return dx;
    }),
);
