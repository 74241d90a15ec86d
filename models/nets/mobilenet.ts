import { hardSigmoidLayer, hardSwishLayer, relu6Layer, reluLayer } from './blocks/activation.ts';
import { convolution, SAME } from './blocks/convolution.ts';
import { fullyConnected } from './blocks/fully-connected.ts';
import { crossEntropy } from './blocks/loss.ts';
import { frozenNormalisation } from './blocks/normalisation.ts';
import { globalAveragePooling } from './blocks/pooling.ts';
import { addition, flattening, scaling } from './blocks/structure.ts';
import type { Layer } from './layer.ts';

const POINT = { ...SAME, padding: 0 };
export const DEPTHWISE = { ...SAME, dilation: 2, padding: 2, groups: 17 };
export const HALVING = { ...SAME, stride: 2, groups: 7 };
export const GROUPED = { ...POINT, groups: 2 };

/**
 * An inverted residual block with squeeze-and-excite, its depthwise convolution dilated; then one that halves, two channels out for
 * each one in, and mixes them in two groups. Normalisation as in evaluation.
 *
 * input: [B, 3, 11, 13], target: [B]
 */
export const mobilenet = (): readonly Layer[] => [
  convolution('stem'),
  hardSwishLayer('stem.act'),
  convolution('b1.expand', POINT, false),
  frozenNormalisation('b1.bn'),
  hardSwishLayer('b1.act'),
  convolution('b1.dw', DEPTHWISE),
  relu6Layer('b1.relu6', 'b1.dw'),
  globalAveragePooling('b1.se.pool'),
  convolution('b1.se.fc1', POINT),
  reluLayer('b1.se.relu'),
  convolution('b1.se.fc2', POINT),
  hardSigmoidLayer('b1.se.gate'),
  scaling('b1.se', 'b1.relu6', 'b1.se.gate'),
  convolution('b1.project', POINT),
  addition('b1.add', 'b1.project', 'stem.act'),
  convolution('b2.dw', HALVING),
  relu6Layer('b2.relu6', 'b2.dw'),
  convolution('b2.mix', GROUPED),
  hardSwishLayer('b2.act'),
  globalAveragePooling('pool'),
  flattening('flatten'),
  fullyConnected('head'),
  crossEntropy('loss', 'head', 'target'),
];
