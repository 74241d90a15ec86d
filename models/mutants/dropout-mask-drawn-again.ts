import { DROPPED } from '../nets/bidirectional.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The way back drops others than the way there. */
export const dropoutMaskDrawnAgain: readonly Mutant[] = inLayers(
  { id: 'dropout-mask-drawn-again', cause: 'gradient.dropout-mask', wrong: 'input' },
  { bidirectional: 'dropped' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { inputs, gradient }) => {
      const mask = inputs['mask']!.data;
      return right.map((_, at) => (gradient[at]! * mask[(at + 5) % mask.length]!) / (1 - DROPPED));
    }),
);
