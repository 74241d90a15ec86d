// One layer of a kind in each network that has it: where a bug of that kind is put, unless its file says otherwise.

export const LINEAR = {
  mlp: 'fc2',
  lenet: 'fc1',
  resnet: 'head',
  resnetTraining: 'head',
  mobilenet: 'head',
  lstm: 'head',
  gru: 'head',
  bidirectional: 'head',
  rotary: 'head',
} as const;
export const CONVOLUTION = {
  lenet: 'conv2',
  resnet: 'b1.conv1',
  resnetTraining: 'b2.conv2',
  unet: 'd2.conv',
  mobilenet: 'stem',
  autoencoder: 'e2.conv',
} as const;
/** As many channels out as in. */
export const SQUARE = { resnet: 'b2.conv2', resnetTraining: 'b1.conv2', gpt: 'b1.out', rotary: 'out' } as const;
/** Strides by two. */
export const HALVING = {
  resnet: 'b2.conv1',
  resnetTraining: 'b2.conv1',
  mobilenet: 'b2.dw',
  autoencoder: 'e1.conv',
} as const;
export const RELU = {
  lenet: 'relu2',
  resnet: 'b1.relu1',
  resnetTraining: 'b2.relu1',
  unet: 'u2.act',
  mobilenet: 'b1.se.relu',
} as const;
export const NORM = { resnetTraining: 'b1.bn1', gpt: 'b1.ln2', gptWritten: 'b2.ln1' } as const;
export const GLOBAL_POOL = { resnet: 'pool', resnetTraining: 'pool', mobilenet: 'b1.se.pool' } as const;
export const ADDITION = {
  resnet: 'b1.add',
  resnetTraining: 'b2.add',
  mobilenet: 'b1.add',
  gpt: 'b1.add1',
  rotary: 'add2',
} as const;
export const LOSS = {
  mlp: 'loss',
  lenet: 'loss',
  resnet: 'loss',
  resnetTraining: 'loss',
  mobilenet: 'loss',
  lstm: 'loss',
  gpt: 'loss',
  bidirectional: 'loss',
  rotary: 'loss',
} as const;
/** The layer that reads the network's input. */
export const FIRST = {
  mlp: 'fc1',
  lenet: 'conv1',
  resnet: 'stem',
  resnetTraining: 'stem',
  unet: 'd1.conv',
  mobilenet: 'stem',
  autoencoder: 'pad',
} as const;
/** A layer of any kind. */
export const ANY = {
  mlp: 'fc1',
  lenet: 'conv2',
  resnet: 'b2.conv1',
  resnetTraining: 'b1.bn2',
  unet: 'u2.norm',
  mobilenet: 'b1.bn',
  autoencoder: 'd1.up',
  lstm: 'lstm',
  gru: 'gru',
  gpt: 'b1.attention',
  gptWritten: 'b2.ln2',
  rotary: 'q.rotated',
  bidirectional: 'joined',
} as const;
/** A layer of any kind that has a weight. */
export const WEIGHTED = {
  mlp: 'fc2',
  lenet: 'conv2',
  resnet: 'b1.conv2',
  resnetTraining: 'b2.conv1',
  unet: 'u2.conv',
  mobilenet: 'b2.mix',
  autoencoder: 'd2.up',
  gru: 'head',
  gpt: 'b1.qkv',
  rotary: 'gating',
} as const;
