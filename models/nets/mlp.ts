import { sigmoidLayer, tanhLayer } from './blocks/activation.ts';
import { fullyConnected } from './blocks/fully-connected.ts';
import { crossEntropy } from './blocks/loss.ts';
import type { Layer } from './layer.ts';

/** Three fully connected layers with a tanh and a sigmoid between them.   input: [B, 64], target: [B] */
export const mlp = (): readonly Layer[] => [
  fullyConnected('fc1'),
  tanhLayer('tanh'),
  fullyConnected('fc2'),
  sigmoidLayer('sigmoid'),
  fullyConnected('fc3'),
  crossEntropy('loss', 'fc3', 'target'),
];
