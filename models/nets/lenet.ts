import { reluLayer } from './blocks/activation.ts';
import { convolution } from './blocks/convolution.ts';
import { fullyConnected } from './blocks/fully-connected.ts';
import { crossEntropy } from './blocks/loss.ts';
import { maxPooling } from './blocks/pooling.ts';
import { flattening } from './blocks/structure.ts';
import type { Layer } from './layer.ts';

/** Two convolutions, each halved by a pool, then two fully connected layers.   input: [B, 1, 8, 8], target: [B] */
export const lenet = (): readonly Layer[] => [
  convolution('conv1'),
  reluLayer('relu1'),
  maxPooling('pool1'),
  convolution('conv2'),
  reluLayer('relu2'),
  maxPooling('pool2'),
  flattening('flatten'),
  fullyConnected('fc1'),
  reluLayer('relu3'),
  fullyConnected('fc2'),
  crossEntropy('loss', 'fc2', 'target'),
];
