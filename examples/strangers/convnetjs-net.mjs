// A small network of convnetjs's layers; beside each, what it should compute.
import convnetjs from 'convnetjs';
import { layer, loss } from './convnetjs.mjs';
import { numbers } from './numbers.mjs';

const image = { in_sx: 8, in_sy: 8, in_depth: 5 };
export default {
  name: 'convnetjs',
  inputs: ['x', 'target'],
  parameters: {
    'conv.w': numbers([5, 3, 3, 3], 1),
    'conv.b': numbers([5], 2),
    'fc.w': numbers([4, 80], 3),
    'fc.b': numbers([4], 4),
  },
  layers: [
    layer('conv', new convnetjs.ConvLayer({ in_sx: 8, in_sy: 8, in_depth: 3, sx: 3, filters: 5, pad: 1 }), [5, 8, 8], {
      type: 'Conv',
      attributes: { pads: [1, 1, 1, 1] },
    }),
    layer('relu', new convnetjs.ReluLayer(image), [5, 8, 8], { type: 'Relu' }),
    layer(
      'lrn',
      new convnetjs.LocalResponseNormalizationLayer({ ...image, k: 1, n: 3, alpha: 0.5, beta: 0.75 }),
      [5, 8, 8],
      {
        type: 'LRN',
        attributes: { size: 3, alpha: 0.5, beta: 0.75, bias: 1 },
      },
    ),
    layer('tanh', new convnetjs.TanhLayer(image), [5, 8, 8], { type: 'Tanh' }),
    layer('pool', new convnetjs.PoolLayer({ ...image, sx: 2, stride: 2 }), [5, 4, 4], {
      type: 'MaxPool',
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    }),
    {
      name: 'flat',
      op: { type: 'Flatten' },
      forward: ({ input }) => ({ data: input.data, shape: [input.shape[0], 80] }),
      backward: ({ gradient }) => gradient,
    },
    layer('fc', new convnetjs.FullyConnLayer({ in_sx: 1, in_sy: 1, in_depth: 80, num_neurons: 4 }), [4], {
      type: 'Gemm',
      attributes: { transB: 1 },
    }),
    {
      name: 'loss',
      inputs: ['fc', 'target'],
      op: { type: 'SoftmaxCrossEntropyLoss' },
      forward: (context) => loss(context).mean,
      backward: (context) => ({ inputs: { fc: loss(context).fc, target: null } }),
    },
  ],
};
