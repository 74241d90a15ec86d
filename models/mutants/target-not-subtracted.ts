import { LOSS } from './_layers.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The gradient of cross-entropy is the probabilities, without subtracting the target. */
export const targetNotSubtracted: readonly Mutant[] = inLayers(
  { id: 'target-not-subtracted', cause: 'gradient.target-missing', wrong: 'input' },
  LOSS,
  (network, layer) =>
    withInputGradient(network, layer, (_, { input, saved, gradient }) =>
      saved['probabilities']!.map((p) => (gradient[0]! * p) / input.shape[0]!),
    ),
);
