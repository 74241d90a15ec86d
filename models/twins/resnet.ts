import { resnet as layers } from '../nets/resnet.ts';
import { resnetIteration } from '../nets/resnet-on-tape.ts';
import { beside, exported, pairs, type Twin } from './twin.ts';

/** Tensors that the residual network has in training and in evaluation. */
export const RESNET_TENSORS = {
  stem: '/net/stem/Conv_output_0',
  'b1.conv1': '/net/b1/conv1/Conv_output_0',
  'b1.relu1': '/net/b1/Relu_output_0',
  'b1.conv2': '/net/b1/conv2/Conv_output_0',
  'b1.add': '/net/b1/Add_output_0',
  'b1.relu2': '/net/b1/Relu_1_output_0',
  'b2.conv1': '/net/b2/conv1/Conv_output_0',
  'b2.relu1': '/net/b2/Relu_output_0',
  'b2.conv2': '/net/b2/conv2/Conv_output_0',
  'b2.short': '/net/b2/short/Conv_output_0',
  'b2.add': '/net/b2/Add_output_0',
  'b2.relu2': '/net/b2/Relu_1_output_0',
  pool: '/net/GlobalAveragePool_output_0',
  flatten: '/net/Flatten_output_0',
  head: 'output',
};

const names = {
  ...exported(...pairs('stem', 'head'), 'b2.short.weight'),
  ...RESNET_TENSORS,
  // The exporter folded each batch normalisation into the convolution before it, and named the result itself.
  'b1.conv1.weight': 'onnx::Conv_52',
  'b1.conv1.bias': 'onnx::Conv_53',
  'b1.conv2.weight': 'onnx::Conv_55',
  'b1.conv2.bias': 'onnx::Conv_56',
  'b2.conv1.weight': 'onnx::Conv_58',
  'b2.conv1.bias': 'onnx::Conv_59',
  'b2.conv2.weight': 'onnx::Conv_61',
  'b2.conv2.bias': 'onnx::Conv_62',
};

export const resnet: Twin = {
  ...beside('resnet'),
  make: () => ({ name: 'resnet', inputs: ['input', 'target'], layers: layers(false), names }),
};

/** The same as one run of code that tells a probe what it computes; it goes from the average pool to the head without a flattening. */
export const resnetOnTape: Twin = {
  ...beside('resnet'),
  make: () => ({
    name: 'resnet on tape',
    inputs: ['input', 'target'],
    run: (context) => resnetIteration(context),
    names,
  }),
};
