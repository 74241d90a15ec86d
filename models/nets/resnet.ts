import { reluLayer } from './blocks/activation.ts';
import { convolution, SAME } from './blocks/convolution.ts';
import { fullyConnected } from './blocks/fully-connected.ts';
import { crossEntropy } from './blocks/loss.ts';
import { batchNormalisation } from './blocks/normalisation.ts';
import { globalAveragePooling } from './blocks/pooling.ts';
import { addition, flattening } from './blocks/structure.ts';
import type { Layer } from './layer.ts';

const HALVED = { ...SAME, stride: 2 };
const POINTWISE = { ...HALVED, padding: 0 };

/**
 * Two residual blocks, the second with half the rows and columns and a convolution on its skip connection.
 * In training each convolution of a block is followed by batch normalisation; in evaluation that is folded into it.
 *
 * input: [B, 3, 8, 8], target: [B]
 */
export const resnet = (training: boolean): readonly Layer[] => [
  convolution('stem'),
  ...residual('b1', 'stem', false, training),
  ...residual('b2', 'b1.relu2', true, training),
  globalAveragePooling('pool'),
  flattening('flatten'),
  fullyConnected('head'),
  crossEntropy('loss', 'head', 'target'),
];

function residual(name: string, input: string, halves: boolean, training: boolean): Layer[] {
  const conv = (n: string, options = SAME, inputs?: readonly string[]) =>
    convolution(`${name}.${n}`, options, !training, inputs);
  const norm = (n: string) => (training ? [batchNormalisation(`${name}.${n}`)] : []);
  const branch = [
    conv('conv1', halves ? HALVED : SAME, [input]),
    ...norm('bn1'),
    reluLayer(`${name}.relu1`),
    conv('conv2'),
    ...norm('bn2'),
  ];
  const skip = halves ? [convolution(`${name}.short`, POINTWISE, false, [input])] : [];
  const ends = `${name}.${training ? 'bn2' : 'conv2'}`;
  const add = addition(`${name}.add`, ends, halves ? `${name}.short` : input);
  return [...branch, ...skip, add, reluLayer(`${name}.relu2`)];
}
