import { int, ints, text } from '../../../../../adapters/onnx/rule.ts';
import type { CaseInput, GradientCase } from '../_case.ts';
import { absent, apart, fedWhole, given, mask, random, same, whole } from '../_case.ts';

const vector = (...values: number[]): CaseInput => whole([values.length], values);
const pad = (mode: string, shape: readonly number[], pads: readonly number[]): GradientCase => ({
  op: 'Pad',
  name: `${mode} by ${pads.join(' ')}`,
  inputs: [random(...shape), vector(...pads)],
  attributes: { mode: text(mode) },
});
const slice = (name: string, shape: readonly number[], ...rest: CaseInput[]): GradientCase => ({
  op: 'Slice',
  name,
  inputs: [random(...shape), ...rest],
});
const REDUCTIONS = ['none', 'add', 'mul', 'min', 'max'];

/** Elements at repeated places, one of them counted from the end; places nothing is written to remain. */
const scatterElements = (reduction: string): GradientCase => ({
  op: 'ScatterElements',
  name: `${reduction}, repeated places`,
  inputs: [apart(3, 5), fedWhole([3, 4], [1, 1, 3, -1, 0, 2, 2, 2, 4, 3, 1, 0]), offGrid(3, 4)],
  attributes: { axis: int(1), reduction: text(reduction) },
});
const scatterPoints = (reduction: string): GradientCase => ({
  op: 'ScatterND',
  name: `${reduction}, repeated places`,
  inputs: [apart(3, 5), fedWhole([4, 1], [2, 0, -1, 0]), offGrid(4, 5)],
  attributes: { reduction: text(reduction) },
});

export const cases: readonly GradientCase[] = [
  { op: 'Reshape', name: 'with a computed axis', inputs: [random(2, 3, 5), vector(5, -1)] },
  { op: 'Reshape', name: 'copied axis', inputs: [random(2, 3, 5), vector(0, 15)] },
  { op: 'Reshape', name: 'empty', inputs: [random(0, 3), vector(3, 0)], attributes: { allowzero: int(1) } },
  { op: 'Flatten', name: 'from axis 2', inputs: [random(2, 3, 5)], attributes: { axis: int(2) } },
  { op: 'Flatten', name: 'from axis 0', inputs: [random(2, 3)], attributes: { axis: int(0) } },
  { op: 'Squeeze', name: 'named axes', inputs: [random(2, 1, 3, 1), vector(1)] },
  { op: 'Squeeze', name: 'all axes of size 1', inputs: [random(2, 1, 3, 1)] },
  { op: 'Unsqueeze', name: 'two axes', inputs: [random(2, 3), vector(0, -1)] },
  { op: 'Transpose', name: 'reversed', inputs: [random(2, 3, 5)] },
  {
    op: 'Transpose',
    name: 'a permutation that is not its own inverse',
    inputs: [random(2, 3, 5)],
    attributes: { perm: ints([1, 2, 0]) },
  },
  {
    op: 'Concat',
    name: 'three, one empty',
    inputs: [random(2, 3), random(2, 0), random(2, 5)],
    attributes: { axis: int(-1) },
  },
  { op: 'Concat', name: 'a tensor with itself', inputs: [random(2, 3), same(0)], attributes: { axis: int(0) } },
  {
    op: 'Split',
    name: 'unequal parts',
    inputs: [random(2, 10), vector(2, 3, 5)],
    attributes: { axis: int(1) },
    outputs: 3,
  },
  {
    op: 'Split',
    name: 'equal parts, the last one smaller',
    inputs: [random(5, 2)],
    attributes: { num_outputs: int(3) },
    outputs: 3,
  },
  {
    op: 'Split',
    name: 'only one part is used',
    inputs: [random(2, 10), vector(2, 3, 5)],
    attributes: { axis: int(1) },
    outputs: 3,
    seeded: [1],
  },
  slice('one axis', [2, 7, 3], vector(2), vector(6), vector(1)),
  slice('all axes, beyond the end', [3, 5], vector(1, 2), vector(100, 4)),
  slice('negative bounds and axis', [3, 7], vector(-5), vector(-1), vector(-1)),
  slice('start before the beginning', [3, 5], vector(-100), vector(2), vector(1)),
  slice('every second', [3, 7], vector(0), vector(7), vector(1), vector(2)),
  slice('backwards', [3, 7], vector(-1), vector(-100), vector(1), vector(-1)),
  slice('backwards by two', [3, 7], vector(5), vector(0), vector(1), vector(-2)),
  slice('nothing', [3, 5], vector(3), vector(2), vector(1)),
  slice('steps of one, spelt out', [3, 5], vector(1), vector(3), vector(0), vector(1)),
  pad('constant', [3, 5], [1, 0, 2, 3]),
  pad('constant', [3, 5], [-1, 2, 0, -3]),
  pad('reflect', [3, 5], [2, 0, 1, 3]),
  pad('edge', [3, 5], [1, 2, 0, 3]),
  pad('wrap', [3, 5], [1, 2, 2, 0]),
  pad('reflect', [3, 5], [2, -1, 1, 3]),
  {
    op: 'Pad',
    name: 'an unused filler',
    inputs: [random(3, 5), vector(1, 2), { ...random(), silent: true }, vector(-1)],
    attributes: { mode: text('edge') },
  },
  { op: 'Pad', name: 'the filler has a gradient', inputs: [random(3, 5), vector(1, 0, 2, 3), random()] },
  {
    op: 'Pad',
    name: 'the filler has a gradient, axes are named',
    inputs: [random(3, 5), vector(2, 1), random(), vector(-1)],
  },
  { op: 'Pad', name: 'axes are named', inputs: [random(2, 3, 5), vector(1, 2, 0, -1), absent, vector(-1, 0)] },
  { op: 'Tile', name: 'three axes', inputs: [random(2, 3, 1), vector(3, 1, 5)] },
  { op: 'Tile', name: 'no copies', inputs: [random(2, 3), vector(0, 2)] },
  { op: 'Tile', name: 'an empty axis', inputs: [random(2, 0), vector(2, 3)] },
  { op: 'Expand', name: 'both ways', inputs: [random(3, 1), vector(2, 1, 5)] },
  { op: 'Expand', name: 'to nothing', inputs: [random(3, 1), vector(3, 0)] },
  {
    op: 'Gather',
    name: 'rows, repeated and from the end',
    inputs: [random(5, 3), fedWhole([2, 3], [0, 4, 4, -1, 2, 0])],
  },
  {
    op: 'Gather',
    name: 'the last axis',
    inputs: [random(2, 3, 5), fedWhole([3], [1, -2, 1])],
    attributes: { axis: int(-1) },
  },
  {
    op: 'Gather',
    name: 'the middle axis, one element',
    inputs: [random(2, 3, 5), fedWhole([], [1])],
    attributes: { axis: int(1) },
  },
  { op: 'Gather', name: 'nothing', inputs: [random(5, 3), fedWhole([0], [])] },
  {
    op: 'GatherElements',
    name: 'repeated and from the end',
    inputs: [random(3, 5), fedWhole([2, 5], [0, -1, 1, 1, 2, 0, 2, 1, 1, 0])],
  },
  {
    op: 'GatherElements',
    name: 'axis 1',
    inputs: [random(3, 5), fedWhole([3, 2], [4, 4, 0, -5, 2, 1])],
    attributes: { axis: int(1) },
  },
  { op: 'GatherND', name: 'points', inputs: [random(2, 3, 5), fedWhole([3, 3], [0, 1, 2, 1, -1, 0, 0, 1, 2])] },
  { op: 'GatherND', name: 'rows', inputs: [random(2, 3, 5), fedWhole([2, 2, 1], [0, 1, 1, -1])] },
  {
    op: 'GatherND',
    name: 'batched',
    inputs: [random(2, 3, 5), fedWhole([2, 1], [1, 2])],
    attributes: { batch_dims: int(1) },
  },
  ...REDUCTIONS.map(scatterElements),
  ...REDUCTIONS.map(scatterPoints),
  { op: 'ScatterElements', name: 'none, axis 0', inputs: [random(3, 5), fedWhole([1, 3], [2, 0, 1]), random(1, 3)] },
  {
    op: 'ScatterElements',
    name: 'mul with zeros',
    inputs: [given([4], [1, 0, 2, 3]), fedWhole([6], [0, 0, 1, 2, 2, 3]), given([6], [2, 0, 3, 0, 0, 5])],
    attributes: { reduction: text('mul') },
  },
  { op: 'ScatterND', name: 'points', inputs: [random(2, 3), fedWhole([2, 2], [1, 0, 0, 2]), random(2)] },
  {
    op: 'Scatter',
    name: 'as it was before opset 11',
    inputs: [random(3, 5), fedWhole([1, 3], [2, 0, 1]), random(1, 3)],
    opset: 10,
    dtype: 'float32',
  },
  { op: 'Trilu', name: 'upper', inputs: [random(2, 3, 5)] },
  { op: 'Trilu', name: 'lower, shifted', inputs: [random(3, 5), whole([], [-1])], attributes: { upper: int(0) } },
  { op: 'DepthToSpace', name: 'depth first', inputs: [random(2, 12, 3, 1)], attributes: { blocksize: int(2) } },
  {
    op: 'DepthToSpace',
    name: 'column first',
    inputs: [random(2, 12, 3, 1)],
    attributes: { blocksize: int(2), mode: text('CRD') },
  },
  { op: 'SpaceToDepth', name: 'blocks of 2', inputs: [random(2, 3, 4, 2)], attributes: { blocksize: int(2) } },
  {
    op: 'Compress',
    name: 'along an axis',
    inputs: [random(3, 5), mask([5], [1, 0, 0, 1, 1])],
    attributes: { axis: int(1) },
  },
  { op: 'Compress', name: 'flat, short condition', inputs: [random(3, 5), mask([4], [0, 1, 0, 1])] },
  {
    op: 'ReverseSequence',
    name: 'batch first',
    inputs: [random(3, 5, 2), vector(5, 1, 3)],
    attributes: { batch_axis: int(0), time_axis: int(1) },
  },
  { op: 'ReverseSequence', name: 'time first', inputs: [random(5, 3), vector(5, 1, 3)] },
  { op: 'CenterCropPad', name: 'crops one axis, pads the other', inputs: [random(3, 7), vector(5, 4)] },
  { op: 'CenterCropPad', name: 'named axis', inputs: [random(2, 7, 3), vector(4)], attributes: { axes: ints([1]) } },
  { op: 'TopK', name: 'largest', inputs: [apart(3, 7), vector(3)], outputs: 2 },
  {
    op: 'TopK',
    name: 'smallest of the first axis',
    inputs: [apart(5, 3), vector(2)],
    outputs: 2,
    attributes: { axis: int(0), largest: int(0) },
  },
  { op: 'Unique', name: 'flat', inputs: [given([2, 3], [3, 1, 2, 5, 4, 7])], outputs: 4 },
  { op: 'Unique', name: 'rows', inputs: [given([3, 2], [3, 1, 2, 5, 1, 7])], outputs: 4, attributes: { axis: int(0) } },
  {
    op: 'Col2Im',
    name: 'overlapping blocks',
    inputs: [random(2, 12, 9), vector(4, 4), vector(2, 2)],
    dtype: 'float32',
  },
  {
    op: 'Col2Im',
    name: 'strides, dilations and pads',
    inputs: [random(1, 6, 6), vector(5, 7), vector(2, 3)],
    attributes: { strides: ints([2, 2]), dilations: ints([2, 2]), pads: ints([1, 1, 0, 1]) },
    dtype: 'float32',
  },
  {
    op: 'OneHot',
    name: 'both values',
    inputs: [fedWhole([2, 3], [0, 4, -1, 2, 1, 9]), whole([], [5]), given([2], [0.3, -1.2])],
    dtype: 'float32',
  },
  {
    op: 'OneHot',
    name: 'first axis',
    inputs: [fedWhole([3], [0, 2, 2]), whole([1], [3]), given([2], [0.3, -1.2])],
    dtype: 'float32',
    attributes: { axis: int(0) },
  },
  {
    op: 'TensorScatter',
    name: 'linear',
    inputs: [random(2, 3, 7, 2), random(2, 3, 3, 2), fedWhole([2], [1, 4])],
    opset: 24,
    dtype: 'float32',
  },
  {
    op: 'TensorScatter',
    name: 'linear, from the start',
    inputs: [random(2, 7, 3), random(2, 2, 3)],
    opset: 24,
    dtype: 'float32',
  },
  {
    op: 'TensorScatter',
    name: 'circular',
    inputs: [random(2, 5, 3), random(2, 3, 3), fedWhole([2], [1, 4])],
    opset: 24,
    dtype: 'float32',
    attributes: { axis: int(1), mode: text('circular') },
  },
];

/** Values between the grid points of `apart`, so that nothing ties. */
function offGrid(rows: number, columns: number): CaseInput {
  const values = Array.from(
    { length: rows * columns },
    (_, k) => 0.4 + 0.013 * ((k * 7) % 11) * (k % 3 === 0 ? -1 : 1),
  );
  return given([rows, columns], values);
}
