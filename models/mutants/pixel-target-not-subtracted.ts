import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The gradient of cross-entropy, p - target over p · (1 - p), without the target. */
export const pixelTargetNotSubtracted: readonly Mutant[] = inLayers(
  { id: 'pixel-target-not-subtracted', cause: 'gradient.target-missing', wrong: 'input' },
  { unet: 'loss' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { input, gradient }) =>
      right.map((_, i) => gradient[0]! / (1 - input.data[i]!) / right.length),
    ),
);
