import { lookup } from './blocks/embedding.ts';
import { fullyConnected } from './blocks/fully-connected.ts';
import { crossEntropy } from './blocks/loss.ts';
import { gated } from './blocks/recurrent.ts';
import { flat } from './blocks/sequence.ts';
import type { Layer } from './layer.ts';

export const GRU_UNITS = 11;

/**
 * A language model with time first, which goes on from a state that it is given.
 *
 * input: [T, B], initial: [1, B, 11], target: [T·B]
 */
export const gru = (linearBeforeReset: boolean): readonly Layer[] => [
  lookup('tokens', 'input', 'tokens.weight'),
  gated('gru', 'tokens', 'initial', GRU_UNITS, linearBeforeReset),
  flat('flat', 'gru', GRU_UNITS),
  fullyConnected('head'),
  crossEntropy('loss', 'head', 'target'),
];
