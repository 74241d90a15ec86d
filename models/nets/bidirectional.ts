import { dropoutInTraining } from './blocks/dropout.ts';
import { fullyConnected } from './blocks/fully-connected.ts';
import { crossEntropy } from './blocks/loss.ts';
import { memories } from './blocks/recurrent.ts';
import { flat, joined } from './blocks/sequence.ts';
import type { Layer } from './layer.ts';

export const TAGGER_UNITS = 7;
/** Of what goes into the head, in training. */
export const DROPPED = 0.3;

/**
 * A tagger in training: every step of a sequence is told apart by what a memory makes of the steps before it, and one of those after it.
 *
 * input: [T, B, 5], mask: [T, B, 14], target: [T·B]
 */
export const bidirectional = (): readonly Layer[] => [
  memories('lstm', 'input', TAGGER_UNITS, 2),
  joined('joined', 'lstm'),
  dropoutInTraining('dropped', 'joined', 'mask', DROPPED),
  flat('flat', 'dropped', 2 * TAGGER_UNITS),
  fullyConnected('head'),
  crossEntropy('loss', 'head', 'target'),
];
