import { float, int, ints, text } from '../../../adapters/onnx/rule.ts';
import { float32, int64 } from '../../../harness/tensor.ts';
import type { Attributes } from '../../../harness/types/graph.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';

/** Numbers between -2 and 2, all different. */
const drawn = (shape: readonly number[]): Tensor => {
  const size = shape.reduce((product, d) => product * d, 1);
  return float32(
    shape,
    Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + 0.3) * 2),
  );
};

/** One node of an older operator set. */
export interface Case {
  readonly op: string;
  readonly opset: number;
  readonly name: string;
  /** A tensor that is fed, one that is a constant, or none. */
  readonly inputs: readonly (Tensor | { readonly constant: Tensor } | null)[];
  readonly attributes?: Attributes;
  readonly outputs?: number;
  readonly becomes?: string;
}

export const x = drawn([2, 3, 5]);
const image = drawn([1, 2, 3, 4]);
const channels = (...numbers: number[]) => ({ constant: float32([numbers.length], numbers) });
const REDUCTIONS = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'];
const SUMS = REDUCTIONS.map((kind) => (kind === 'LogSum' ? float32([2, 3], [1, 2, 3, 4, 5, 6]) : drawn([2, 3])));
const grid = float32([1, 2, 2, 2], [-0.9, -0.2, 0.3, 0.9, 0.1, 0.55, -0.4, 0.7]);

/** At least one of every operator that has a lift and that ONNX Runtime still runs. */
export const CASES: readonly Case[] = [
  {
    op: 'Squeeze',
    opset: 11,
    name: 'of some axes',
    inputs: [drawn([1, 3, 1, 5])],
    attributes: { axes: ints([0, -2]) },
  },
  { op: 'Squeeze', opset: 11, name: 'of all axes of size 1', inputs: [drawn([1, 3, 1, 5])] },
  { op: 'Unsqueeze', opset: 11, name: 'of two axes', inputs: [drawn([3, 5])], attributes: { axes: ints([0, 3]) } },
  ...REDUCTIONS.flatMap((kind, i): Case[] => [
    {
      op: `Reduce${kind}`,
      opset: 11,
      name: 'over an axis',
      inputs: [SUMS[i] as Tensor],
      attributes: { axes: ints([-1]), keepdims: int(0) },
    },
    { op: `Reduce${kind}`, opset: 11, name: 'over all axes', inputs: [SUMS[i] as Tensor] },
  ]),
  { op: 'Softmax', opset: 11, name: 'over axes flattened together', inputs: [x], attributes: { axis: int(1) } },
  { op: 'Softmax', opset: 11, name: 'over everything', inputs: [x], attributes: { axis: int(0) } },
  { op: 'Softmax', opset: 11, name: 'over the last axis', inputs: [x], attributes: { axis: int(-1) } },
  { op: 'Softmax', opset: 11, name: 'over an axis behind which all are 1', inputs: [drawn([2, 3, 1, 1])] },
  { op: 'Softmax', opset: 11, name: 'over axes that are all 1', inputs: [drawn([3, 1, 1])] },
  { op: 'LogSoftmax', opset: 11, name: 'over axes flattened together', inputs: [x] },
  { op: 'Hardmax', opset: 11, name: 'over axes flattened together', inputs: [x] },
  {
    op: 'Split',
    opset: 11,
    name: 'into given parts',
    inputs: [drawn([2, 5])],
    attributes: { axis: int(1), split: ints([2, 3]) },
    outputs: 2,
  },
  { op: 'Split', opset: 11, name: 'into equal parts', inputs: [drawn([6, 2])], outputs: 3 },
  {
    op: 'Split',
    opset: 13,
    name: 'into equal parts',
    inputs: [drawn([2, 6])],
    attributes: { axis: int(-1) },
    outputs: 2,
  },
  {
    op: 'Split',
    opset: 13,
    name: 'into parts that are an input',
    inputs: [drawn([5]), { constant: int64([2], [1, 4]) }],
    outputs: 2,
  },
  {
    op: 'Pad',
    opset: 9,
    name: 'with a constant',
    inputs: [drawn([2, 3])],
    attributes: { pads: ints([1, 0, 2, 1]), value: float(0.7) },
  },
  {
    op: 'Pad',
    opset: 9,
    name: 'by reflection',
    inputs: [drawn([2, 3])],
    attributes: { pads: ints([0, 1, 0, 2]), mode: text('reflect') },
  },
  { op: 'Clip', opset: 9, name: 'on both sides', inputs: [x], attributes: { min: float(-0.5), max: float(0.3) } },
  { op: 'Clip', opset: 9, name: 'above only', inputs: [x], attributes: { max: float(0.3) } },
  { op: 'Clip', opset: 9, name: 'nowhere', inputs: [x] },
  {
    op: 'Slice',
    opset: 9,
    name: 'of some axes',
    inputs: [x],
    attributes: { starts: ints([1, -3]), ends: ints([3, 1000]), axes: ints([1, 2]) },
  },
  {
    op: 'Slice',
    opset: 9,
    name: 'of the first axes',
    inputs: [x],
    attributes: { starts: ints([0, 1]), ends: ints([1, 2]) },
  },
  { op: 'TopK', opset: 9, name: 'of the last axis', inputs: [x], attributes: { k: int(2) }, outputs: 2 },
  { op: 'TopK', opset: 9, name: 'of another axis', inputs: [x], attributes: { k: int(2), axis: int(1) }, outputs: 2 },
  { op: 'Dropout', opset: 7, name: 'drops nothing', inputs: [x], attributes: { ratio: float(0.9) } },
  { op: 'Dropout', opset: 10, name: 'drops nothing', inputs: [x], attributes: { ratio: float(0.9) } },
  {
    op: 'BatchNormalization',
    opset: 9,
    name: 'for inference',
    inputs: [image, channels(1.5, -2), channels(0.1, 3), channels(0.5, -0.2), channels(1.2, 0.7)],
    attributes: { epsilon: float(0.01) },
  },
  {
    op: 'BatchNormalization',
    opset: 7,
    name: 'with spatial = 1',
    inputs: [image, channels(1.5, -2), channels(0.1, 3), channels(0.5, -0.2), channels(1.2, 0.7)],
    attributes: { spatial: int(1) },
  },
  {
    op: 'Upsample',
    opset: 7,
    name: 'to the nearest',
    inputs: [image],
    attributes: { scales: { kind: 'floats', value: [1, 1, 2, 1.5] } },
    becomes: 'Resize',
  },
  {
    op: 'Upsample',
    opset: 9,
    name: 'linearly',
    inputs: [image, channels(1, 1, 2, 3)],
    attributes: { mode: text('linear') },
    becomes: 'Resize',
  },
  { op: 'Resize', opset: 10, name: 'to the nearest', inputs: [image, channels(1, 1, 0.6, 1.7)], becomes: 'Resize' },
  {
    op: 'Resize',
    opset: 10,
    name: 'linearly',
    inputs: [image, channels(1, 1, 2, 3)],
    attributes: { mode: text('linear') },
  },
  {
    op: 'Resize',
    opset: 11,
    name: 'to sizes, with empty scales',
    inputs: [image, channels(), channels(), { constant: int64([4], [1, 2, 5, 7]) }],
    attributes: { mode: text('linear') },
  },
  {
    op: 'Resize',
    opset: 11,
    name: 'by scales, with an empty region',
    inputs: [image, channels(), channels(1, 1, 2, 3)],
    attributes: { mode: text('cubic') },
  },
  {
    op: 'Resize',
    opset: 11,
    name: "by TensorFlow's rule for the nearest",
    inputs: [image, channels(), channels(1, 1, 0.5, 2.5)],
    attributes: { coordinate_transformation_mode: text('tf_half_pixel_for_nn'), nearest_mode: text('floor') },
  },
  { op: 'Resize', opset: 13, name: 'as it is', inputs: [image, null, channels(1, 1, 2, 2)] },
  {
    op: 'Scatter',
    opset: 9,
    name: 'along an axis',
    inputs: [drawn([3, 2]), { constant: int64([1, 2], [2, 0]) }, drawn([1, 2])],
    attributes: { axis: int(0) },
    becomes: 'ScatterElements',
  },
  { op: 'GridSample', opset: 16, name: 'linearly', inputs: [image, grid], attributes: { mode: text('bilinear') } },
  {
    op: 'GridSample',
    opset: 16,
    name: 'linearly unless said',
    inputs: [image, grid],
    attributes: { align_corners: int(1) },
  },
  { op: 'GridSample', opset: 16, name: 'cubically', inputs: [image, grid], attributes: { mode: text('bicubic') } },
  {
    op: 'RoiAlign',
    opset: 10,
    name: 'from corners of pixels',
    inputs: [image, float32([1, 4], [0.3, 0.1, 2.9, 1.8]), { constant: int64([1], [0]) }],
    attributes: { output_height: int(2), output_width: int(2), sampling_ratio: int(2) },
  },
  {
    op: 'GroupNormalization',
    opset: 18,
    name: 'with scale and bias a group',
    inputs: [drawn([2, 4, 3]), channels(1.5, -2), channels(0.1, 3)],
    attributes: { num_groups: int(2) },
  },
  {
    op: 'DFT',
    opset: 17,
    name: 'over the axis of an attribute',
    inputs: [drawn([1, 4, 6, 1])],
    attributes: { axis: int(2) },
  },
  { op: 'DFT', opset: 17, name: 'over the first axis behind the batch', inputs: [drawn([1, 4, 6, 1])] },
];
