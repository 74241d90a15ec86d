import { int, ints, text } from '../../../../../adapters/onnx/rule.ts';
import type { Attributes } from '../../../../../harness/types/graph.ts';
import type { Shape } from '../../../../../harness/types/tensor.ts';
import type { LayerCase } from '../layer-law.ts';
import { randn } from '../layer-law.ts';

const shaped = (op: string, claim: string, shapes: readonly Shape[], attributes: Attributes = {}): LayerCase => ({
  claim: `${op} ${claim}`,
  op,
  inputs: shapes.map((shape, k) => randn(shape, 11 + k)),
  attributes,
  // Linear in each input: a long step costs nothing but rounding.
  step: 0.5,
  tolerance: 1e-4,
});

export const convolution: readonly LayerCase[] = [
  shaped('Conv', 'in two dimensions with a bias', [[2, 3, 7, 5], [5, 3, 3, 2], [5]]),
  shaped('Conv', 'without a bias', [
    [2, 3, 7, 5],
    [5, 3, 3, 2],
  ]),
  shaped('Conv', 'in one dimension, strided and dilated', [[2, 3, 17], [5, 3, 3], [5]], {
    strides: ints([3]),
    dilations: ints([2]),
    pads: ints([2, 1]),
  }),
  shaped('Conv', 'in three dimensions', [[2, 3, 5, 7, 6], [2, 3, 2, 3, 2], [2]], {
    strides: ints([1, 2, 3]),
    pads: ints([1, 0, 1, 0, 2, 1]),
  }),
  shaped('Conv', 'in groups', [[2, 6, 7, 5], [9, 2, 3, 3], [9]], { group: int(3), pads: ints([1, 1, 1, 1]) }),
  shaped('Conv', 'depthwise with stride 2', [[3, 5, 8, 7], [10, 1, 3, 3], [10]], {
    group: int(5),
    strides: ints([2, 2]),
    pads: ints([1, 1, 1, 1]),
  }),
  shaped(
    'Conv',
    'with a stride longer than the kernel',
    [
      [2, 3, 11, 13],
      [5, 3, 2, 1],
    ],
    { strides: ints([4, 5]) },
  ),
  shaped(
    'Conv',
    'with rows at the end that no window reaches',
    [
      [2, 3, 8, 9],
      [5, 3, 3, 3],
    ],
    { strides: ints([3, 4]) },
  ),
  shaped(
    'Conv',
    'with auto_pad SAME_UPPER',
    [
      [2, 3, 8, 7],
      [5, 3, 2, 3],
    ],
    { auto_pad: text('SAME_UPPER'), strides: ints([2, 3]) },
  ),
  shaped(
    'Conv',
    'with auto_pad SAME_LOWER',
    [
      [2, 3, 8, 7],
      [5, 3, 2, 4],
    ],
    { auto_pad: text('SAME_LOWER'), strides: ints([3, 2]) },
  ),
  ...['SAME_UPPER', 'SAME_LOWER'].map((automatic) =>
    shaped(
      'Conv',
      `with auto_pad ${automatic} and strides longer than the kernel`,
      [
        [2, 3, 11, 8],
        [5, 3, 1, 1],
      ],
      { auto_pad: text(automatic), strides: ints([6, 4]) },
    ),
  ),
  shaped(
    'Conv',
    'with auto_pad VALID',
    [
      [2, 3, 8, 7],
      [5, 3, 2, 3],
    ],
    { auto_pad: text('VALID') },
  ),
  shaped(
    'Conv',
    'with pads wider than the kernel',
    [
      [2, 3, 3, 4],
      [5, 3, 2, 2],
    ],
    { pads: ints([3, 2, 4, 3]) },
  ),
  shaped('ConvTranspose', 'in two dimensions with a bias', [[2, 3, 4, 5], [3, 5, 3, 2], [5]]),
  shaped('ConvTranspose', 'with strides, pads and output_padding', [[2, 3, 4, 5], [3, 5, 3, 4], [5]], {
    strides: ints([2, 3]),
    pads: ints([1, 0, 2, 1]),
    output_padding: ints([1, 2]),
  }),
  shaped('ConvTranspose', 'in one dimension, dilated, in groups', [[2, 6, 5], [6, 3, 3], [6]], {
    group: int(2),
    dilations: ints([2]),
    strides: ints([3]),
  }),
  shaped('ConvTranspose', 'in three dimensions', [[2, 3, 2, 3, 4], [3, 2, 3, 2, 2], [2]], {
    strides: ints([1, 2, 2]),
    pads: ints([1, 0, 1, 0, 1, 0]),
  }),
  shaped(
    'ConvTranspose',
    'with output_shape below the natural size',
    [
      [2, 3, 4, 5],
      [3, 5, 4, 4],
    ],
    {
      strides: ints([2, 2]),
      output_shape: ints([7, 9]),
    },
  ),
  shaped(
    'ConvTranspose',
    'with output_shape and SAME_UPPER',
    [
      [2, 3, 4, 5],
      [3, 5, 4, 4],
    ],
    {
      strides: ints([2, 2]),
      output_shape: ints([7, 9]),
      auto_pad: text('SAME_UPPER'),
    },
  ),
  shaped(
    'ConvTranspose',
    'with output_shape and SAME_LOWER',
    [
      [2, 3, 4, 5],
      [3, 5, 4, 4],
    ],
    {
      strides: ints([2, 2]),
      output_shape: ints([7, 9]),
      auto_pad: text('SAME_LOWER'),
    },
  ),
  shaped(
    'ConvTranspose',
    'with output_shape beyond the natural size',
    [
      [2, 3, 4, 5],
      [3, 5, 2, 2],
    ],
    {
      strides: ints([2, 2]),
      output_shape: ints([9, 11]),
    },
  ),
  shaped(
    'ConvTranspose',
    'with auto_pad SAME_UPPER',
    [
      [2, 3, 4, 5],
      [3, 5, 3, 4],
    ],
    { auto_pad: text('SAME_UPPER'), strides: ints([2, 3]) },
  ),
  shaped(
    'ConvTranspose',
    'with auto_pad SAME_LOWER',
    [
      [2, 3, 4, 5],
      [3, 5, 4, 2],
    ],
    { auto_pad: text('SAME_LOWER'), strides: ints([2, 1]) },
  ),
  shaped(
    'ConvTranspose',
    'with auto_pad VALID',
    [
      [2, 3, 4, 5],
      [3, 5, 3, 4],
    ],
    { auto_pad: text('VALID'), strides: ints([2, 3]) },
  ),
];
