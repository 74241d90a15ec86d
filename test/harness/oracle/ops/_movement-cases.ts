import { f, trial } from './_named.ts';
import { int, ints, text, type Trial, value } from './_vjp-laws.ts';

export const i64 = (...data: number[]) => value('int64', [data.length], data);
const table = (shape: number[], ...data: number[]) => value('int64', shape, data);
const bools = (...data: number[]) => value('bool', [data.length], data);
const x235 = f([2, 3, 5], 1);

/** Operators that move elements: linear in the inputs that `wrt` names, so the adjoint law holds exactly. */
export const moves: readonly (readonly [string, string, Trial])[] = [
  ['Identity', '', trial('Identity', [x235])],
  ['Reshape', '0 and −1', trial('Reshape', [x235, i64(0, -1)])],
  ['Flatten', 'axis −1', trial('Flatten', [x235], { attributes: { axis: int(-1) } })],
  ['Squeeze', 'axes as input', trial('Squeeze', [f([1, 3, 1, 5], 1), i64(-2)])],
  [
    'Squeeze',
    'axes as attribute',
    trial('Squeeze', [f([1, 3, 1, 5], 1)], { opset: 11, attributes: { axes: ints(0) } }),
  ],
  ['Unsqueeze', 'axes as input', trial('Unsqueeze', [x235, i64(1, -1)])],
  ['Unsqueeze', 'axes as attribute', trial('Unsqueeze', [x235], { opset: 11, attributes: { axes: ints(0, 4) } })],
  ['Transpose', 'a cycle', trial('Transpose', [x235], { attributes: { perm: ints(1, 2, 0) } })],
  ['Transpose', 'reversed', trial('Transpose', [x235])],
  ['Expand', 'both ways', trial('Expand', [f([3, 1], 1), i64(2, 1, 5)])],
  ['Slice', 'backwards', trial('Slice', [f([7, 5], 1), i64(5, -1), i64(-9, 0), i64(0, 1), i64(-2, -1)])],
  [
    'Slice',
    'attributes',
    trial('Slice', [f([7, 5], 1)], { opset: 9, attributes: { starts: ints(1), ends: ints(-1), axes: ints(0) } }),
  ],
  ['Pad', 'constant, one side negative', trial('Pad', [x235, i64(0, 1, -1, 1, 0, 2)], { wrt: [0] })],
  ['Pad', 'reflect', trial('Pad', [x235, i64(1, 2, 3, 0, 1, 4)], { wrt: [0], attributes: { mode: text('reflect') } })],
  ['Pad', 'edge', trial('Pad', [x235, i64(1, 2, 0, 0, 1, 4)], { wrt: [0], attributes: { mode: text('edge') } })],
  [
    'Pad',
    'wrap on two axes',
    trial('Pad', [x235, i64(2, 3, 1, 4), undefined, i64(1, -1)], { wrt: [0], attributes: { mode: text('wrap') } }),
  ],
  ['Pad', 'attributes', trial('Pad', [x235], { opset: 10, attributes: { pads: ints(1, 0, 2, 0, 1, 0) } })],
  ['Tile', '', trial('Tile', [x235, i64(2, 1, 3)])],
  [
    'Gather',
    'axis 1, negative index',
    trial('Gather', [x235, table([2, 2], 0, -1, 2, 0)], { attributes: { axis: int(1) } }),
  ],
  [
    'ai.onnx.ml.ArrayFeatureExtractor',
    'a column twice',
    trial('ai.onnx.ml.ArrayFeatureExtractor', [f([3, 5], 1), i64(4, 0, 4)]),
  ],
  [
    'GatherElements',
    'axis −1',
    trial('GatherElements', [f([3, 5], 1), table([3, 2], 0, -1, 4, 4, 1, 2)], { attributes: { axis: int(-1) } }),
  ],
  [
    'GatherND',
    'one batch axis',
    trial('GatherND', [f([2, 3, 5], 1), table([2, 1], 1, 2)], { attributes: { batch_dims: int(1) } }),
  ],
  ['GatherND', 'whole elements', trial('GatherND', [f([2, 3, 5], 1), table([3, 3], 1, 2, 3, 0, -1, 0, 1, 2, 3)])],
  [
    'ScatterElements',
    'replaces',
    trial('ScatterElements', [f([3, 5], 1), table([2, 2], 0, 3, -1, 1), f([2, 2], 2)], {
      attributes: { axis: int(1) },
    }),
  ],
  ['Scatter', 'replaces', trial('Scatter', [f([3, 5], 1), table([2, 2], 0, 1, 2, 0), f([2, 2], 2)], { opset: 9 })],
  [
    'ScatterElements',
    'adds duplicates',
    trial('ScatterElements', [f([5], 1), i64(1, 3, 1), f([3], 2)], { attributes: { reduction: text('add') } }),
  ],
  ['ScatterND', 'replaces slices', trial('ScatterND', [f([5, 3], 1), table([2, 1], 3, 0), f([2, 3], 2)])],
  [
    'ScatterND',
    'adds duplicates',
    trial('ScatterND', [f([5, 3], 1), table([3, 1], 3, 0, 3), f([3, 3], 2)], {
      attributes: { reduction: text('add') },
    }),
  ],
  ['TensorScatter', 'linear', trial('TensorScatter', [f([2, 3, 7, 5], 1), f([2, 3, 2, 5], 2), i64(1, 5)])],
  [
    'TensorScatter',
    'circular',
    trial('TensorScatter', [f([2, 7, 5], 1), f([2, 3, 5], 2), i64(6, 2)], { attributes: { mode: text('circular') } }),
  ],
  ['Trilu', 'upper', trial('Trilu', [x235, value('int64', [], [1])])],
  ['Trilu', 'lower', trial('Trilu', [x235, value('int64', [], [-1])], { attributes: { upper: int(0) } })],
  ['DepthToSpace', 'DCR', trial('DepthToSpace', [f([2, 12, 3, 5], 1)], { attributes: { blocksize: int(2) } })],
  [
    'DepthToSpace',
    'CRD',
    trial('DepthToSpace', [f([2, 12, 3, 5], 1)], { attributes: { blocksize: int(2), mode: text('CRD') } }),
  ],
  ['SpaceToDepth', '', trial('SpaceToDepth', [f([2, 3, 4, 6], 1)], { attributes: { blocksize: int(2) } })],
  ['Compress', 'axis 1', trial('Compress', [x235, bools(1, 0, 1)], { attributes: { axis: int(1) } })],
  ['Compress', 'flattened', trial('Compress', [x235, bools(1, 0, 0, 1, 1)])],
  ['ReverseSequence', 'time first', trial('ReverseSequence', [f([5, 3, 2], 1), i64(5, 1, 3)])],
  [
    'CenterCropPad',
    'crops and pads',
    trial('CenterCropPad', [f([7, 2, 3], 1), i64(4, 5)], { attributes: { axes: ints(0, -2) } }),
  ],
  [
    'Concat',
    'three of unequal length',
    trial('Concat', [f([2, 3, 5], 1), f([2, 1, 5], 2), f([2, 2, 5], 3)], { attributes: { axis: int(-2) } }),
  ],
  ['Split', 'as input', trial('Split', [f([3, 7], 1), i64(2, 4, 1)], { outputs: 3, attributes: { axis: int(1) } })],
  [
    'Split',
    'as attribute',
    trial('Split', [f([7, 3], 1)], { opset: 11, outputs: 2, attributes: { split: ints(2, 5) } }),
  ],
  ['Split', 'uneven', trial('Split', [f([7, 3], 1)], { outputs: 3, attributes: { num_outputs: int(3) } })],
  [
    'Col2Im',
    'strides, pads and dilations',
    trial('Col2Im', [f([2, 18, 6], 1), i64(5, 7), i64(2, 3)], {
      attributes: { strides: ints(2, 2), pads: ints(1, 0, 0, 1), dilations: ints(1, 2) },
    }),
  ],
  ['Unique', 'slices', trial('Unique', [f([5, 3], 1)], { outputs: 4, attributes: { axis: int(0) } })],
  ['Unique', 'in order of appearance', trial('Unique', [f([7], 1)], { outputs: 4, attributes: { sorted: int(0) } })],
  ['CumSum', 'forwards', trial('CumSum', [x235, value('int64', [], [1])])],
  [
    'CumSum',
    'exclusive, backwards',
    trial('CumSum', [x235, value('int64', [], [-1])], { attributes: { exclusive: int(1), reverse: int(1) } }),
  ],
  [
    'TopK',
    'k as attribute',
    trial('TopK', [f([7, 3], 1)], { opset: 9, outputs: 2, seeds: [0], attributes: { k: int(2) } }),
  ],
  ['TopK', 'largest', trial('TopK', [x235, i64(3)], { outputs: 2, seeds: [0] })],
  [
    'TopK',
    'smallest along axis 0',
    trial('TopK', [f([7, 3], 1), i64(2)], { outputs: 2, attributes: { axis: int(0), largest: int(0) } }),
  ],
  [
    'OneHot',
    'values',
    trial('OneHot', [table([2, 3], 0, -1, 2, 4, 9, 1), value('int64', [], [5]), f([2], 1)], {
      wrt: [2],
      attributes: { axis: int(1) },
    }),
  ],
];

/** Not linear, but about indices all the same. */
export const scatters: readonly (readonly [string, string, Trial])[] = [
  [
    'ScatterElements',
    'multiplies duplicates',
    trial('ScatterElements', [f([5], 1), i64(1, 3, 1), f([3], 2)], { attributes: { reduction: text('mul') } }),
  ],
  [
    'ScatterElements',
    'largest of duplicates',
    trial('ScatterElements', [f([5], 1), i64(1, 3, 1), f([3], 2)], { attributes: { reduction: text('max') } }),
  ],
  [
    'ScatterND',
    'smallest of duplicates',
    trial('ScatterND', [f([5, 3], 1), table([3, 1], 3, 0, 3), f([3, 3], 2)], {
      attributes: { reduction: text('min') },
    }),
  ],
  [
    'Range',
    'start and step',
    trial('Range', [value('float32', [], [0.3]), value('float32', [], [4]), value('float32', [], [0.7])], {
      wrt: [0, 2],
    }),
  ],
  ['Pad', 'its fill value', trial('Pad', [f([3, 5], 1), i64(1, 2, 0, 3), value('float32', [], [0.7])])],
];
