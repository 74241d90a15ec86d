import { float, int, ints, text } from '../../../../../adapters/onnx/rule.ts';
import { fromNumbers, int64 } from '../../../../../harness/tensor.ts';
import type { Attributes } from '../../../../../harness/types/graph.ts';
import type { Shape, Tensor } from '../../../../../harness/types/tensor.ts';
import type { LayerCase } from '../layer-law.ts';
import { randn } from '../layer-law.ts';

type Input = Shape | Tensor | null;

const own = (
  op: string,
  claim: string,
  inputs: readonly Input[],
  attributes: Attributes = {},
  more: Partial<LayerCase> = {},
): LayerCase => ({
  claim: `com.microsoft ${op} ${claim}`,
  op,
  domain: 'com.microsoft',
  opset: 17,
  inputs: inputs.map((input, k) => (input === null || 'data' in input ? input : randn(input, 131 + k))),
  attributes,
  step: 2 ** -8,
  ...more,
});

const whole = (shape: Shape, values: readonly number[]): Tensor => fromNumbers('int32', shape, values);
const heads = { num_heads: int(2) };
const CROSS: readonly Input[] = [
  [2, 3, 8],
  [2, 5, 8],
  [2, 5, 8],
];
const SELF: readonly Input[] = [
  [2, 3, 8],
  [2, 3, 8],
  [2, 3, 8],
];
const IMAGE: readonly Input[] = [[2, 3, 5, 7], [5, 3, 3, 2], [5]];

const activated = (name: string, parameters: readonly number[] = []): LayerCase =>
  own(
    'FusedConv',
    `with ${name}`,
    IMAGE,
    {
      activation: text(name),
      activation_params: { kind: 'floats', value: parameters.map(Math.fround) },
      pads: ints([1, 0, 1, 1]),
    },
    name === 'Tanh' || name === 'Sigmoid' ? {} : { step: 2 ** -12, tolerance: 2e-2 },
  );

export const microsoft: readonly LayerCase[] = [
  own('SkipLayerNormalization', 'with all inputs', [[2, 3, 5], [2, 3, 5], [5], [5], [5]], { epsilon: float(1e-3) }),
  own(
    'SkipLayerNormalization',
    'with scale alone, and its sum',
    [[2, 3, 5], [2, 3, 5], [5]],
    {},
    { outputs: [true, false, false, true] },
  ),
  own('SkipLayerNormalization', 'with a skip that broadcasts', [[2, 3, 5], [3, 5], [5], [5]]),
  own('SkipSimplifiedLayerNormalization', 'with all inputs', [[2, 3, 5], [2, 3, 5], [5], [5]], {
    epsilon: float(1e-3),
  }),
  own(
    'SkipSimplifiedLayerNormalization',
    'through its sum too',
    [[2, 3, 5], [2, 3, 5], [5]],
    {},
    { outputs: [true, false, false, true] },
  ),
  { ...own('SimplifiedLayerNormalization', 'which is in ai.onnx', [[2, 3, 5], [5]]), domain: '' },
  {
    ...own('SimplifiedLayerNormalization', 'through its deviation too', [[2, 3, 5], [5]], {}, { outputs: 2 }),
    domain: '',
  },
  own('MultiHeadAttention', 'across sequences', CROSS, heads),
  own('MultiHeadAttention', 'with a bias and a scale', [...CROSS, [24]], { ...heads, scale: float(0.6) }),
  own('MultiHeadAttention', 'with lengths', [...CROSS, null, whole([2], [3, 5])], heads),
  own('MultiHeadAttention', 'with a mask', [...CROSS, null, whole([2, 5], [1, 1, 0, 1, 1, 1, 1, 1, 1, 0])], heads),
  own('MultiHeadAttention', 'with an attention bias', [...CROSS, null, null, [2, 2, 3, 5]], heads),
  own('MultiHeadAttention', 'with an attention bias that broadcasts', [...CROSS, null, null, [1, 2, 3, 5]], heads),
  own('MultiHeadAttention', 'with a past', [...SELF, null, null, null, [2, 2, 2, 4], [2, 2, 2, 4]], heads, {
    outputs: 3,
  }),
  own('MultiHeadAttention', 'that is causal', SELF, { ...heads, unidirectional: int(1) }),
  own('Attention', 'of one product', [[2, 3, 6], [6, 24], [24]], heads),
  own('Attention', 'that is causal, with sizes of its own', [[2, 3, 6], [6, 20], [20]], {
    ...heads,
    unidirectional: int(1),
    qkv_hidden_sizes: ints([8, 8, 4]),
  }),
  own('Attention', 'with a mask', [[2, 3, 6], [6, 24], [24], whole([2, 3], [1, 1, 0, 1, 1, 1])], heads),
  own('Attention', 'with lengths', [[2, 3, 6], [6, 24], [24], whole([2], [2, 3])], heads),
  own('Attention', 'with an attention bias', [[2, 3, 6], [6, 24], [24], null, null, [2, 2, 3, 3]], heads),
  own('Attention', 'with a past', [[2, 3, 6], [6, 24], [24], null, [2, 2, 2, 2, 4]], heads, { outputs: 2 }),
  own('RotaryEmbedding', 'with positions', [[2, 3, 8], int64([2, 3], [4, 1, 2, 0, 1, 3]), [5, 2], [5, 2]], heads),
  own('RotaryEmbedding', 'from a first position on', [[2, 3, 8], int64([1], [1]), [5, 2], [5, 2]]),
  own('RotaryEmbedding', 'of four axes, with neighbours as pairs', [[2, 2, 3, 4], int64([1], [1]), [5, 2], [5, 2]], {
    interleaved: int(1),
  }),
  ...['Relu', 'Tanh', 'Sigmoid'].map((name) => activated(name)),
  activated('LeakyRelu', [0.2]),
  activated('Clip', [-1.5, 2.5]),
  activated('HardSigmoid', [0.1, 0.5]),
  ...['Relu', 'Tanh', 'Sigmoid', 'LeakyRelu'].map((name) =>
    own(
      'FusedGemm',
      `with ${name}`,
      [[3, 5], [7, 5], [7]],
      {
        transB: int(1),
        alpha: float(0.7),
        activation: text(name),
        activation_alpha: float(0.2),
      },
      { step: 2 ** -10, tolerance: 5e-3 },
    ),
  ),
  own('FusedConv', 'with a sum', [...IMAGE, [2, 5, 5, 7]], { pads: ints([1, 0, 1, 1]), activation: text('Tanh') }),
];
