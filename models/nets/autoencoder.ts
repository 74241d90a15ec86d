import { eluLayer, leakyReluLayer, preluLayer, tanhLayer } from './blocks/activation.ts';
import { convolution, SAME } from './blocks/convolution.ts';
import { squaredErrorLoss } from './blocks/loss.ts';
import { averagePooling } from './blocks/pooling.ts';
import { reflecting } from './blocks/resizing.ts';
import { transposedConvolution } from './blocks/transposed-convolution.ts';
import type { Layer } from './layer.ts';

export const SLOPE = 0.2;
export const ALPHA = 0.7;
export const FIRST_UP = { stride: 2, padding: 1, outputPadding: 1, dilation: 1, groups: 2 };
export const SECOND_UP = { stride: 2, padding: 1, outputPadding: 0, dilation: 1, groups: 1 };

/**
 * Down by a stride and by averages, of which one counts its padding and one does not; up by transposed convolutions, the first in two
 * groups, the second with a kernel that is not square.
 *
 * input: [B, 7, 13, 17], target: [B, 7, 17, 19]
 */
export const autoencoder = (): readonly Layer[] => [
  reflecting('pad', 'input', 1),
  convolution('e1.conv', { ...SAME, stride: 2, padding: 0 }),
  preluLayer('e1.act'),
  averagePooling('e1.pool', { size: 3, stride: 1, padding: 1, countsPadding: true }),
  convolution('e2.conv'),
  eluLayer('e2.act', ALPHA),
  averagePooling('e2.pool', { size: 3, stride: 2, padding: 1 }),
  transposedConvolution('d1.up', FIRST_UP),
  leakyReluLayer('d1.act', SLOPE),
  transposedConvolution('d2.up', SECOND_UP),
  tanhLayer('out'),
  squaredErrorLoss('loss', 'out', 'target'),
];
