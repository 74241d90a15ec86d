import { RELU } from './_layers.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The gradient passes a ReLU where the input was cut off. */
export const reluMaskInverted: readonly Mutant[] = inLayers(
  { id: 'relu-mask-inverted', cause: 'gradient.mask-inverted', wrong: 'input' },
  RELU,
  (network, layer) =>
    withInputGradient(network, layer, (_, { input, gradient }) => gradient.map((d, i) => (input.data[i]! > 0 ? 0 : d))),
);
