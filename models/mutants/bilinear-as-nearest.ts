import { resizeNearest } from '../layers/resize.ts';
import { image } from '../nets/layer.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Pixels are repeated, where they should be interpolated. */
export const bilinearAsNearest: readonly Mutant[] = inLayers(
  { id: 'bilinear-as-nearest', cause: 'resize.coordinates', wrong: 'output' },
  { unet: 'u2.up' },
  (network, layer) =>
    withOutput(network, layer, (out, { input }, [, , P, Q]) => resizeNearest(out, input.data, ...image(input), P!, Q!)),
);
