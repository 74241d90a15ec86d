import { lenet as layers } from '../nets/lenet.ts';
import { beside, exported, pairs, type Twin } from './twin.ts';

export const lenet: Twin = {
  ...beside('lenet'),
  make: () => ({
    name: 'lenet',
    inputs: ['input', 'target'],
    layers: layers(),
    names: {
      ...exported(...pairs('conv1', 'conv2', 'fc1', 'fc2')),
      conv1: '/net/conv1/Conv_output_0',
      relu1: '/net/Relu_output_0',
      pool1: '/net/pool/MaxPool_output_0',
      conv2: '/net/conv2/Conv_output_0',
      relu2: '/net/Relu_1_output_0',
      pool2: '/net/pool_1/MaxPool_output_0',
      flatten: '/net/Flatten_output_0',
      fc1: '/net/fc1/Gemm_output_0',
      relu3: '/net/Relu_2_output_0',
      fc2: 'output',
    },
  }),
};
