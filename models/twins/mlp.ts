import { mlp as layers } from '../nets/mlp.ts';
import { beside, exported, pairs, type Twin } from './twin.ts';

export const mlp: Twin = {
  ...beside('mlp'),
  make: () => ({
    name: 'mlp',
    inputs: ['input', 'target'],
    layers: layers(),
    names: {
      ...exported(...pairs('fc1', 'fc2', 'fc3')),
      fc1: '/net/fc1/Gemm_output_0',
      tanh: '/net/Tanh_output_0',
      fc2: '/net/fc2/Gemm_output_0',
      sigmoid: '/net/Sigmoid_output_0',
      fc3: 'output',
    },
  }),
};
