import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** What goes back to the factors of squeeze-and-excite is averaged over the image, where it should be summed. */
export const gateGradientAveraged: readonly Mutant[] = inLayers(
  { id: 'gate-gradient-averaged', cause: 'gradient.bias-axis', wrong: 'second input' },
  { mobilenet: 'b1.se' },
  (network, layer) =>
    withInputGradient(
      network,
      layer,
      (right, { input }) => right.map((d) => (d * right.length) / input.data.length),
      1,
    ),
);
