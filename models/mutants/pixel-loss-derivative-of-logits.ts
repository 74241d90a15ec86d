import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** p - target, which is the gradient before the sigmoid, is taken for the one after it. */
export const pixelLossDerivativeOfLogits: readonly Mutant[] = inLayers(
  { id: 'pixel-loss-derivative-of-logits', cause: 'gradient.derivative-wrong', wrong: 'input' },
  { unet: 'loss' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { input, inputs, gradient }) =>
      right.map((_, i) => (gradient[0]! * (input.data[i]! - inputs['target']!.data[i]!)) / right.length),
    ),
);
