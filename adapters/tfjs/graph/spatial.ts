import type { Attributes } from '../../../harness/types/graph.ts';
import { float, int, ints, text } from '../../onnx/rule.ts';
import { whole } from '../layers/_layer.ts';
import { PADDED_MEAN } from '../layers/pooling.ts';
import type { NodeDescribers, NodePad } from './_node.ts';

const isLast = (pad: NodePad): boolean => pad.attribute<string>('dataFormat', 'NHWC') !== 'NCHW';
const toFirst = (pad: NodePad, x: string): string =>
  isLast(pad) ? pad.emit('Transpose', [x], { perm: ints([0, 3, 1, 2]) }) : x;
const fromFirst = (pad: NodePad, x: string): string =>
  isLast(pad) ? pad.emit('Transpose', [x], { perm: ints([0, 2, 3, 1]) }) : x;

/** The two numbers of an image's axes from four that TensorFlow gives. */
const spatial = (pad: NodePad, name: string): readonly number[] => {
  const four = pad.attribute<readonly number[]>(name, [1, 1, 1, 1]);
  return isLast(pad) ? four.slice(1, 3) : four.slice(2, 4);
};

function windowOf(pad: NodePad): Attributes {
  const common = { strides: ints(spatial(pad, 'strides')) };
  const padding = pad.attribute<string>('pad', 'valid');
  if (padding === 'explicit') {
    const all = pad.attribute<readonly number[]>('explicitPaddings', []);
    const from = isLast(pad) ? 2 : 4;
    const [top, bottom, left, right] = all.slice(from, from + 4) as [number, number, number, number];
    return { ...common, pads: ints([top, left, bottom, right]) };
  }
  return { ...common, auto_pad: text(padding === 'same' ? 'SAME_UPPER' : 'VALID') };
}

/** A vector added to the channels. */
export function biased(pad: NodePad, x: string, bias: string): string {
  return pad.emit('Add', [x, isLast(pad) ? bias : pad.emit('Unsqueeze', [bias, whole(pad, [1, 2])])]);
}

/** What a fused node does after its product: `biasadd`, then an activation. */
export function fused(pad: NodePad, x: string): string {
  return pad.attribute<readonly string[]>('fusedOps', []).reduce((y, name) => {
    const op = name.toLowerCase();
    if (op === 'biasadd') return biased(pad, y, pad.input(2));
    if (op === 'relu6') return relu6(pad, y);
    if (op === 'prelu') return pad.emit('PRelu', [y, pad.input(3)]);
    if (op === 'leakyrelu') return pad.emit('LeakyRelu', [y], { alpha: float(pad.attribute('leakyreluAlpha', 0.2)) });
    const known: Record<string, string> = { relu: 'Relu', elu: 'Elu', sigmoid: 'Sigmoid' };
    if (known[op] === undefined) throw pad.refuse(`fused with ${name}`);
    return pad.emit(known[op], [y]);
  }, x);
}

export const relu6 = (pad: NodePad, x: string): string =>
  pad.emit('Min', [pad.emit('Relu', [x]), pad.constant({ dtype: 'float32', shape: [], data: Float32Array.of(6) })]);

function conv(pad: NodePad): string {
  const dilations = { dilations: ints(spatial(pad, 'dilations')) };
  const weight = pad.emit('Transpose', [pad.input(1)], { perm: ints([3, 2, 0, 1]) });
  return fromFirst(pad, pad.emit('Conv', [toFirst(pad, pad.input(0)), weight], { ...windowOf(pad), ...dilations }));
}

/** h w C m to C·m 1 h w. */
function depthwise(pad: NodePad): string {
  const [height, width, channels, multiplier] = pad.shapes[1] as [number, number, number, number];
  const byChannel = pad.emit('Transpose', [pad.input(1)], { perm: ints([2, 3, 0, 1]) });
  const filter = pad.emit('Reshape', [byChannel, whole(pad, [channels * multiplier, 1, height, width])]);
  const attributes = { ...windowOf(pad), dilations: ints(spatial(pad, 'dilations')), group: int(channels) };
  return fromFirst(pad, pad.emit('Conv', [toFirst(pad, pad.input(0)), filter], attributes));
}

const pool =
  (op: string) =>
  (pad: NodePad): string => {
    const attributes = { ...windowOf(pad), kernel_shape: ints(spatial(pad, 'kernelSize')) };
    if (op === 'AveragePool' && pad.attribute<string>('pad', 'valid') !== 'valid') pad.distrust(PADDED_MEAN);
    return fromFirst(pad, pad.emit(op, [toFirst(pad, pad.input(0))], attributes));
  };

function batchNorm(pad: NodePad): string {
  const attributes = { epsilon: float(pad.attribute('epsilon', 1e-3)) };
  const inputs = [toFirst(pad, pad.input(0)), ...[1, 2, 3, 4].map((slot) => pad.input(slot))];
  return fromFirst(pad, pad.emit('BatchNormalization', inputs, attributes));
}

const resize =
  (mode: 'nearest' | 'linear') =>
  (pad: NodePad): string => {
    const corners = pad.attribute('alignCorners', false);
    const half = pad.attribute('halfPixelCenters', false);
    const [height, width] = pad.numbers(1) as [number, number];
    if (mode === 'nearest' && (corners || half)) throw pad.refuse('with alignCorners or halfPixelCenters');
    const attributes = {
      mode: text(mode),
      coordinate_transformation_mode: text(corners ? 'align_corners' : half ? 'half_pixel' : 'asymmetric'),
      nearest_mode: text('floor'),
      axes: ints([2, 3]),
    };
    const x = toFirst(pad, pad.input(0));
    return fromFirst(pad, pad.emit('Resize', [x, '', '', whole(pad, [height, width])], attributes));
  };

export const spatialNodes: NodeDescribers = {
  Conv2D: conv,
  _FusedConv2D: (pad) => fused(pad, conv(pad)),
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2dNative: (pad) => fused(pad, depthwise(pad)),
  MaxPool: pool('MaxPool'),
  AvgPool: pool('AveragePool'),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  BiasAdd: (pad) => biased(pad, pad.input(0), pad.input(1)),
  ResizeBilinear: resize('linear'),
  ResizeNearestNeighbor: resize('nearest'),
};
