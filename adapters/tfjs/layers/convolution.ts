import { int, ints, text } from '../../onnx/rule.ts';
import type { Attributes } from '../../../harness/types/graph.ts';
import { activationOf } from './activations.ts';
import { type Describers, type Sketchpad, shapeText, whole } from './_layer.ts';
import { fromFirst, toFirst } from './_layout.ts';

const list = (pad: Sketchpad, field: string, rank: number): number[] => {
  const value = pad.layer[field] as number | readonly number[] | null | undefined;
  if (value == null) return Array.from({ length: rank }, () => 1);
  return typeof value === 'number' ? Array.from({ length: rank }, () => value) : [...value];
};

/** How a window goes over the image. Causal padding is all in front. */
function windowOf(pad: Sketchpad, rank: number, dilated = true): Attributes {
  const [kernel, strides] = [list(pad, 'kernelSize', rank), list(pad, 'strides', rank)];
  const dilations = dilated ? list(pad, 'dilationRate', rank) : kernel.map(() => 1);
  const common = { kernel_shape: ints(kernel), strides: ints(strides), dilations: ints(dilations) };
  const padding = pad.layer['padding'];
  if (padding === 'causal') {
    const front = kernel.map((k, i) => (k - 1) * (dilations[i] as number));
    return { ...common, pads: ints([...front, ...front.map(() => 0)]) };
  }
  return { ...common, auto_pad: text(padding === 'same' ? 'SAME_UPPER' : 'VALID') };
}

/** … C M, as tfjs-layers keeps a kernel, to M C …. */
const kernelFirst = (rank: number): Attributes => ({
  perm: ints([rank + 1, rank, ...Array.from({ length: rank }, (_, i) => i)]),
});

const conv =
  (rank: number) =>
  (pad: Sketchpad): string => {
    const weight = pad.emit('Transpose', [pad.weight('kernel') as string], kernelFirst(rank));
    const bias = pad.weight('bias');
    const y = pad.emit('Conv', [toFirst(pad), weight, ...(bias === null ? [] : [bias])], windowOf(pad, rank));
    return activationOf(pad, fromFirst(pad, y));
  };

/** h w C m, channel c making outputs c·m … c·m + m − 1, to C·m 1 h w. */
function depthwise(pad: Sketchpad, weight: string, bias: string | null, dilated: boolean): string {
  const shape = shapeOfWeight(pad, 'depthwiseKernel');
  const [height, width, channels, multiplier] = shape as [number, number, number, number];
  const byChannel = pad.emit('Transpose', [weight], { perm: ints([2, 3, 0, 1]) });
  const filter = pad.emit('Reshape', [byChannel, whole(pad, [channels * multiplier, 1, height, width])]);
  const attributes = { ...windowOf(pad, 2, dilated), group: int(channels) };
  return pad.emit('Conv', [toFirst(pad), filter, ...(bias === null ? [] : [bias])], attributes);
}

const shapeOfWeight = (pad: Sketchpad, field: string): readonly number[] =>
  (pad.layer[field] as { val: { shape: readonly number[] } }).val.shape;

/** TensorFlow.js pads what a transposed convolution makes to a whole multiple of the stride. */
function transposedWindow(pad: Sketchpad): Attributes {
  const [kernel, strides] = [list(pad, 'kernelSize', 2), list(pad, 'strides', 2)];
  const over = kernel.map((k, i) => Math.max(0, k - (strides[i] as number)));
  const same = pad.layer['padding'] === 'same';
  const begin = over.map((n) => (same ? Math.floor(n / 2) : 0));
  const end = over.map((n) => (same ? Math.ceil(n / 2) : 0));
  const extra = kernel.map((k, i) => Math.max(0, (strides[i] as number) - k));
  return {
    kernel_shape: ints(kernel),
    strides: ints(strides),
    pads: ints([...begin, ...end]),
    output_padding: ints(extra),
  };
}

const image = (pad: Sketchpad): boolean => pad.layer['dataFormat'] === 'channelsFirst';

/** Two numbers before and after each of the two axes of an image, as ONNX pads all four. */
function onImage(pad: Sketchpad, field: string): readonly [number, number][] {
  const [rows, columns] = pad.layer[field] as readonly [[number, number], [number, number]];
  return image(pad) ? [[0, 0], [0, 0], rows, columns] : [[0, 0], rows, columns, [0, 0]];
}

const upSampling = (pad: Sketchpad): string => {
  const size = pad.layer['size'] as readonly number[];
  if (pad.layer['interpolation'] === 'bilinear' && size.some((n) => n !== 1)) {
    const scales = { dtype: 'float32', shape: [4], data: Float32Array.of(1, 1, ...size) } as const;
    const attributes = { mode: text('linear'), coordinate_transformation_mode: text('asymmetric') };
    return fromFirst(pad, pad.emit('Resize', [toFirst(pad), '', pad.constant(scales)], attributes));
  }
  const [rows, columns] = size as [number, number];
  const scales = image(pad) ? [1, 1, rows, columns] : [1, rows, columns, 1];
  const tensor = pad.constant({ dtype: 'float32', shape: [4], data: Float32Array.from(scales) });
  const attributes = {
    mode: text('nearest'),
    coordinate_transformation_mode: text('asymmetric'),
    nearest_mode: text('floor'),
  };
  return pad.emit('Resize', [pad.inputs[0] as string, '', tensor], attributes);
};

export const convolution: Describers = {
  Conv1D: conv(1),
  Conv2D: conv(2),
  Conv3D: conv(3),
  DepthwiseConv2D: (pad) => {
    const y = depthwise(pad, pad.weight('depthwiseKernel') as string, pad.weight('bias'), false);
    return activationOf(pad, fromFirst(pad, y));
  },
  SeparableConv2D: (pad) => {
    const y = depthwise(pad, pad.weight('depthwiseKernel') as string, null, true);
    const point = pad.emit('Transpose', [pad.weight('pointwiseKernel') as string], kernelFirst(2));
    const bias = pad.weight('bias');
    return activationOf(pad, fromFirst(pad, pad.emit('Conv', [y, point, ...(bias === null ? [] : [bias])])));
  },
  Conv2DTranspose: (pad) => {
    // h w M C to C M h w.
    const weight = pad.emit('Transpose', [pad.weight('kernel') as string], { perm: ints([3, 2, 0, 1]) });
    const bias = pad.weight('bias');
    const y = pad.emit(
      'ConvTranspose',
      [toFirst(pad), weight, ...(bias === null ? [] : [bias])],
      transposedWindow(pad),
    );
    return activationOf(pad, fromFirst(pad, y));
  },
  ZeroPadding2D: (pad) => {
    const ends = onImage(pad, 'padding');
    return pad.emit('Pad', [pad.inputs[0] as string, whole(pad, [...ends.map(([a]) => a), ...ends.map(([, b]) => b)])]);
  },
  Cropping2D: (pad) => {
    const shape = pad.shapes[0] ?? [];
    if (shape.slice(1).some((d) => d === null)) throw pad.refuse(`of an image of unknown size ${shapeText(shape)}`);
    const ends = onImage(pad, 'cropping');
    const from = ends.map(([before]) => before);
    const to = ends.map(([, after], axis) => (axis === 0 ? 2 ** 31 - 1 : (shape[axis] as number) - after));
    return pad.emit('Slice', [pad.inputs[0] as string, whole(pad, from), whole(pad, to), whole(pad, [0, 1, 2, 3])]);
  },
  UpSampling2D: upSampling,
};
