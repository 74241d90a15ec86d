import { withFunction } from './_images.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** 0.01, a framework's default, for the slope of negative inputs. */
export const leakySlope: readonly Mutant[] = inLayers(
  { id: 'leaky-slope', cause: 'activation.slope', wrong: 'output' },
  { unet: 'd1.act', autoencoder: 'd1.act' },
  (network, layer) => withFunction(network, layer, (x) => (x > 0 ? x : 0.01 * x)),
);
