import { apart, beside } from '../nets/blocks/attention.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';
import { ATTENTION } from './_sequence.ts';

/** Gradients of queries and keys are handed back in each other’s place. */
export const partsHandedBackInAnotherOrder: readonly Mutant[] = inLayers(
  { id: 'parts-handed-back-in-another-order', cause: 'gradient.fan-out', wrong: 'input' },
  ATTENTION,
  (network, layer) =>
    withInputGradient(network, layer, (right, { input }) => {
      const [dq, dk, dv] = apart({ data: right, shape: input.shape });
      return beside([dk, dq, dv], input.shape[2]! / 3);
    }),
);
