import { RELU } from './_layers.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The gradient passes a ReLU as if nothing had been cut off. */
export const reluMaskMissing: readonly Mutant[] = inLayers(
  { id: 'relu-mask-missing', cause: 'gradient.mask-missing', wrong: 'input' },
  RELU,
  (network, layer) => withInputGradient(network, layer, (_, { gradient }) => gradient.slice()),
);
