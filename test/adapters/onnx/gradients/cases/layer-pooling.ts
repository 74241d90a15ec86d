import { int, ints, text } from '../../../../../adapters/onnx/rule.ts';
import { int64 } from '../../../../../harness/tensor.ts';
import type { Attributes } from '../../../../../harness/types/graph.ts';
import type { Shape } from '../../../../../harness/types/tensor.ts';
import type { LayerCase } from '../layer-law.ts';
import { randn, shuffled } from '../layer-law.ts';

const linear = (op: string, claim: string, shape: Shape, attributes: Attributes): LayerCase => ({
  claim: `${op} ${claim}`,
  op,
  inputs: [randn(shape, 3)],
  attributes,
  step: 0.5,
  tolerance: 1e-4,
});

const largest = (op: string, claim: string, shape: Shape, attributes: Attributes, outputs = 1): LayerCase => ({
  claim: `${op} ${claim}`,
  op,
  inputs: [shuffled(shape, 3)],
  attributes,
  outputs,
  step: 2 ** -7,
});

const smooth = (op: string, claim: string, shape: Shape, attributes: Attributes): LayerCase => ({
  claim: `${op} ${claim}`,
  op,
  inputs: [shuffled(shape, 3, 0.5)],
  attributes,
  tolerance: 2e-3,
});

/** The same windows for every kind of pool: name, shape, attributes. */
const WINDOWS: readonly (readonly [string, Shape, Attributes])[] = [
  ['in one dimension', [2, 3, 11], { kernel_shape: ints([3]), strides: ints([2]), pads: ints([1, 0]) }],
  ['over windows that overlap', [2, 3, 7, 5], { kernel_shape: ints([3, 2]), pads: ints([1, 0, 2, 1]) }],
  ['in three dimensions', [2, 3, 5, 4, 7], { kernel_shape: ints([2, 2, 3]), strides: ints([2, 1, 3]) }],
  [
    'with ceil_mode',
    [2, 3, 8, 9],
    { kernel_shape: ints([3, 3]), strides: ints([2, 4]), ceil_mode: int(1), pads: ints([1, 0, 1, 0]) },
  ],
  [
    'with dilations',
    [2, 3, 9, 8],
    { kernel_shape: ints([2, 3]), dilations: ints([3, 2]), strides: ints([2, 1]), pads: ints([1, 1, 0, 1]) },
  ],
  [
    'with auto_pad SAME_UPPER',
    [2, 3, 8, 7],
    { kernel_shape: ints([2, 3]), strides: ints([2, 3]), auto_pad: text('SAME_UPPER') },
  ],
  [
    'with auto_pad SAME_LOWER',
    [2, 3, 8, 7],
    { kernel_shape: ints([4, 3]), strides: ints([3, 2]), auto_pad: text('SAME_LOWER') },
  ],
  ['with auto_pad VALID', [2, 3, 8, 7], { kernel_shape: ints([4, 3]), strides: ints([3, 2]), auto_pad: text('VALID') }],
  [
    'with auto_pad SAME_LOWER and strides longer than the kernel',
    [2, 3, 8, 9],
    { kernel_shape: ints([1, 2]), strides: ints([4, 5]), auto_pad: text('SAME_LOWER') },
  ],
  [
    'with auto_pad SAME_UPPER and strides longer than the kernel',
    [2, 3, 8, 9],
    { kernel_shape: ints([1, 2]), strides: ints([4, 5]), auto_pad: text('SAME_UPPER') },
  ],
  ['with strides longer than the kernel', [2, 3, 8, 11], { kernel_shape: ints([2, 1]), strides: ints([3, 4]) }],
];

export const pooling: readonly LayerCase[] = [
  // ONNX Runtime refuses to centre the windows of a MaxPool.
  ...WINDOWS.filter(([claim]) => !/SAME.*longer/.test(claim)).map(([claim, shape, attributes]) =>
    largest('MaxPool', claim, shape, attributes),
  ),
  largest('MaxPool', 'with its indices as second output', [2, 3, 7, 5], { kernel_shape: ints([3, 2]) }, 2),
  largest(
    'MaxPool',
    'with indices in column-major order',
    [2, 3, 7, 5],
    { kernel_shape: ints([3, 2]), storage_order: int(1) },
    2,
  ),
  {
    ...largest('MaxPool', 'in float64', [2, 3, 7, 5], { kernel_shape: ints([3, 2]) }),
    inputs: [shuffled([2, 3, 7, 5], 5, 0.25, 'float64')],
  },
  ...WINDOWS.map(([claim, shape, attributes]) => linear('AveragePool', claim, shape, attributes)),
  ...WINDOWS.map(([claim, shape, attributes]) =>
    linear('AveragePool', `${claim}, counting pads`, shape, { ...attributes, count_include_pad: int(1) }),
  ),
  ...WINDOWS.map(([claim, shape, attributes]) => smooth('LpPool', claim, shape, attributes)),
  smooth('LpPool', 'of order 1', [2, 3, 7, 5], { kernel_shape: ints([3, 2]), p: int(1) }),
  smooth('LpPool', 'of order 3', [2, 3, 7, 5], { kernel_shape: ints([3, 2]), p: int(3) }),
  linear('GlobalAveragePool', 'in two dimensions', [2, 3, 7, 5], {}),
  linear('GlobalAveragePool', 'in one dimension', [2, 3, 7], {}),
  largest('GlobalMaxPool', 'in two dimensions', [2, 3, 7, 5], {}),
  largest('GlobalMaxPool', 'in three dimensions', [2, 3, 3, 5, 2], {}),
  smooth('GlobalLpPool', 'of order 2', [2, 3, 7, 5], {}),
  smooth('GlobalLpPool', 'of order 3', [2, 3, 7, 5], { p: int(3) }),
  {
    claim: 'MaxUnpool to the inferred shape',
    op: 'MaxUnpool',
    inputs: [randn([1, 2, 2, 3], 3), int64([1, 2, 2, 3], [0, 3, 5, 13, 14, 17, 24, 26, 29, 36, 39, 47])],
    attributes: { kernel_shape: ints([2, 2]), strides: ints([2, 2]) },
    step: 0.5,
    tolerance: 1e-4,
  },
  {
    claim: 'MaxUnpool to a given shape, with places written twice',
    op: 'MaxUnpool',
    inputs: [randn([1, 1, 2, 3], 3), int64([1, 1, 2, 3], [5, 8, 8, 15, 5, 23]), int64([4], [1, 1, 5, 7])],
    attributes: { kernel_shape: ints([2, 2]), strides: ints([2, 2]) },
    step: 0.5,
    tolerance: 1e-4,
  },
];
