import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The gradient passes where a ReLU of 6 was cut off. */
export const relu6MaskWithoutCap: readonly Mutant[] = inLayers(
  { id: 'relu6-mask-without-cap', cause: 'gradient.mask-missing', wrong: 'input' },
  { mobilenet: 'b1.relu6' },
  (network, layer) =>
    withInputGradient(network, layer, (_, { input, gradient }) => gradient.map((d, i) => (input.data[i]! > 0 ? d : 0))),
);
