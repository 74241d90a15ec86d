import { resnet as layers } from '../nets/resnet.ts';
import { RESNET_TENSORS } from './resnet.ts';
import { beside, exported, pairs, type Twin } from './twin.ts';

const NORMS = ['b1.bn1', 'b1.bn2', 'b2.bn1', 'b2.bn2'];
const CONVOLUTIONS = ['b1.conv1', 'b1.conv2', 'b2.conv1', 'b2.conv2', 'b2.short'].map((name) => `${name}.weight`);
const STATISTICS = NORMS.flatMap((name) => [`${name}.running_mean`, `${name}.running_var`]);

export const resnetTraining: Twin = {
  ...beside('resnet-training'),
  make: () => ({
    name: 'resnet in training',
    inputs: ['input', 'target'],
    layers: layers(true),
    names: {
      ...exported(...pairs('stem', 'head', ...NORMS), ...CONVOLUTIONS, ...STATISTICS),
      ...RESNET_TENSORS,
      'b1.bn1': '/net/b1/bn1/BatchNormalization_output_0',
      'b1.bn2': '/net/b1/bn2/BatchNormalization_output_0',
      'b2.bn1': '/net/b2/bn1/BatchNormalization_output_0',
      'b2.bn2': '/net/b2/bn2/BatchNormalization_output_0',
    },
  }),
};
