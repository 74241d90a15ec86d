import { DROPPED } from '../nets/bidirectional.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The way back drops nothing. */
export const dropoutMaskMissingBack: readonly Mutant[] = inLayers(
  { id: 'dropout-mask-missing-back', cause: 'gradient.mask-missing', wrong: 'input' },
  { bidirectional: 'dropped' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { gradient }) => right.map((_, at) => gradient[at]! / (1 - DROPPED))),
);
