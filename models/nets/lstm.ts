import { lookup } from './blocks/embedding.ts';
import { fullyConnected } from './blocks/fully-connected.ts';
import { crossEntropy } from './blocks/loss.ts';
import { memory } from './blocks/recurrent.ts';
import { flat } from './blocks/sequence.ts';
import type { Layer } from './layer.ts';

export const LSTM_UNITS = 13;

/** A language model: each token's successor from a long short-term memory of it and those before.   input: [B, T], target: [B·T] */
export const lstm = (): readonly Layer[] => [
  lookup('tokens', 'input', 'tokens.weight'),
  memory('lstm', 'tokens', LSTM_UNITS),
  flat('flat', 'lstm', LSTM_UNITS),
  fullyConnected('head'),
  crossEntropy('loss', 'head', 'target'),
];
