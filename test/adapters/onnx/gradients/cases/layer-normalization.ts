import { float, int } from '../../../../../adapters/onnx/rule.ts';
import type { Attributes } from '../../../../../harness/types/graph.ts';
import type { DataType, Shape } from '../../../../../harness/types/tensor.ts';
import type { LayerCase } from '../layer-law.ts';
import { randn, randnOf } from '../layer-law.ts';

type More = Partial<LayerCase> & { readonly dtype?: DataType };

const shaped = (
  op: string,
  claim: string,
  shapes: readonly Shape[],
  attributes: Attributes = {},
  more: More = {},
): LayerCase => {
  const { dtype = 'float32', ...rest } = more;
  return {
    claim: `${op} ${claim}`,
    op,
    inputs: shapes.map((shape, k) => randn(shape, 23 + k, dtype)),
    attributes,
    ...(dtype === 'float64' ? { step: 2 ** -9 } : {}),
    ...rest,
  };
};

const statistics = (shape: Shape, dtype: DataType = 'float32'): LayerCase['inputs'] => [
  randn(shape, 31, dtype),
  ...[32, 33, 34].map((seed) => randn([shape[1] as number], seed, dtype)),
  randnOf([shape[1] as number], 35, (x) => 0.5 + x * x, dtype),
];

export const normalization: readonly LayerCase[] = [
  {
    claim: 'BatchNormalization in evaluation',
    op: 'BatchNormalization',
    inputs: statistics([3, 5, 2, 7]),
    attributes: { epsilon: float(1e-3) },
  },
  {
    claim: 'BatchNormalization in evaluation, of a matrix, in float64',
    op: 'BatchNormalization',
    inputs: statistics([7, 5], 'float64'),
    step: 2 ** -9,
  },
  {
    claim: 'BatchNormalization in training',
    op: 'BatchNormalization',
    inputs: statistics([3, 5, 2, 7]),
    attributes: { training_mode: int(1) },
    outputs: 3,
    seeded: [0],
    wrt: [0, 1, 2],
  },
  {
    claim: 'BatchNormalization in training, through the running statistics too',
    op: 'BatchNormalization',
    inputs: statistics([3, 5, 2, 7], 'float64'),
    attributes: { training_mode: int(1), momentum: float(0.7) },
    outputs: 3,
    step: 2 ** -9,
    tolerance: 1e-6,
  },
  {
    claim: 'BatchNormalization in training, through the running statistics alone',
    op: 'BatchNormalization',
    inputs: statistics([3, 5, 2, 7], 'float64'),
    attributes: { training_mode: int(1), momentum: float(0.7) },
    outputs: 3,
    seeded: [1, 2],
    wrt: [0, 3, 4],
    step: 2 ** -9,
    tolerance: 1e-6,
  },
  shaped('LayerNormalization', 'over the last axis', [[3, 5, 7], [7], [7]]),
  shaped(
    'LayerNormalization',
    'over two axes, without bias, in float64',
    [
      [3, 5, 7],
      [5, 7],
    ],
    { axis: int(1) },
    { dtype: 'float64' },
  ),
  shaped('LayerNormalization', 'with a scale that broadcasts', [[3, 5, 7], [5, 1], [1]], {
    axis: int(-2),
    epsilon: float(0.1),
  }),
  shaped('LayerNormalization', 'through mean and deviation too', [[3, 5, 7], [7], [7]], {}, { outputs: 3 }),
  shaped('RMSNormalization', 'over the last axis', [[3, 5, 7], [7]], {}, { opset: 23 }),
  shaped(
    'RMSNormalization',
    'over two axes, in float64',
    [
      [3, 5, 7],
      [5, 7],
    ],
    { axis: int(-2), epsilon: float(0.1) },
    { opset: 23, dtype: 'float64' },
  ),
  shaped('InstanceNormalization', 'in two dimensions', [[2, 3, 5, 7], [3], [3]], { epsilon: float(1e-2) }),
  shaped('InstanceNormalization', 'in one dimension', [[2, 3, 11], [3], [3]]),
  shaped('GroupNormalization', 'with a scale a channel', [[2, 6, 5, 3], [6], [6]], { num_groups: int(3) }),
  shaped('GroupNormalization', 'with a scale a group', [[2, 6, 5, 3], [3], [3]], { num_groups: int(3) }, { opset: 18 }),
  shaped('MeanVarianceNormalization', 'over the default axes', [[3, 5, 2, 7]]),
  shaped('MeanVarianceNormalization', 'over the spatial axes', [[3, 5, 2, 7]], {
    axes: { kind: 'ints', value: [2, 3] },
  }),
  shaped('LpNormalization', 'of order 2', [[3, 5, 7]], { axis: int(1) }),
  shaped('LpNormalization', 'of order 2 in float64', [[3, 5, 7]], {}, { dtype: 'float64' }),
  shaped(
    'LpNormalization',
    'of order 1',
    [[3, 5, 7]],
    { p: int(1) },
    { inputs: [randnOf([3, 5, 7], 4, (x) => x + Math.sign(x))] },
  ),
  shaped('LRN', 'of an odd window', [[2, 7, 3, 5]], {
    size: int(3),
    alpha: float(0.5),
    beta: float(0.75),
    bias: float(2),
  }),
  shaped('Softmax', 'over the last axis', [[3, 5, 7]]),
  shaped('Softmax', 'over a middle axis, in float64', [[3, 5, 7]], { axis: int(1) }, { dtype: 'float64' }),
  shaped('LogSoftmax', 'over the last axis', [[3, 5, 7]]),
  shaped('LogSoftmax', 'over the first axis, in float64', [[3, 5, 7]], { axis: int(0) }, { dtype: 'float64' }),
];
