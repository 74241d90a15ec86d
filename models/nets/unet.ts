import { leakyReluLayer, reluLayer, sigmoidLayer, siluLayer } from './blocks/activation.ts';
import { convolution, SAME } from './blocks/convolution.ts';
import { binaryCrossEntropyLoss } from './blocks/loss.ts';
import { groupNormalisation, trackingNormalisation } from './blocks/normalisation.ts';
import { maxPooling } from './blocks/pooling.ts';
import { resizing } from './blocks/resizing.ts';
import { concatenation } from './blocks/structure.ts';
import type { Layer } from './layer.ts';

/** A slope that shows: negative maps stay alive below the pool. */
export const SLOPE = 0.1;

/**
 * Down twice, up twice, each way up joined by what left on the way down: a U-Net that says of every pixel how likely it belongs.
 * One normalisation of each kind: by example and channel, by batch (in training), by groups of channels.
 *
 * input: [B, 5, 13, 17], target: [B, 1, 13, 17] in [0, 1]
 */
export const unet = (): readonly Layer[] => [
  convolution('d1.conv'),
  groupNormalisation('d1.norm', null),
  leakyReluLayer('d1.act', SLOPE),
  maxPooling('d1.pool', { size: 3, stride: 2, padding: 1 }),
  convolution('d2.conv'),
  trackingNormalisation('d2.norm'),
  siluLayer('d2.act', 'd2.norm'),
  maxPooling('d2.pool'),
  convolution('mid.conv', { ...SAME, dilation: 2, padding: 2 }),
  reluLayer('mid.act'),
  resizing('u2.up', 'mid.act', [7, 9], 'linear'),
  concatenation('u2.cat', 'd2.act', 'u2.up'),
  convolution('u2.conv'),
  groupNormalisation('u2.norm', 2),
  reluLayer('u2.act'),
  resizing('u1.up', 'u2.act', [13, 17], 'nearest'),
  concatenation('u1.cat', 'd1.act', 'u1.up'),
  convolution('out.conv'),
  sigmoidLayer('out'),
  binaryCrossEntropyLoss('loss', 'out', 'target'),
];
