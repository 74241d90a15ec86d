import { float, int } from '../../../../../adapters/onnx/rule.ts';
import { fromNumbers, int64 } from '../../../../../harness/tensor.ts';
import type { Attributes } from '../../../../../harness/types/graph.ts';
import type { DataType, Shape, Tensor } from '../../../../../harness/types/tensor.ts';
import type { LayerCase } from '../layer-law.ts';
import { randn } from '../layer-law.ts';

interface Options {
  readonly mask?: Tensor;
  readonly past?: readonly [Shape, Shape];
  readonly lengths?: readonly number[];
  readonly attributes?: Attributes;
  readonly outputs?: number;
  readonly opset?: number;
  readonly dtype?: DataType;
}

const attends = (claim: string, shapes: readonly [Shape, Shape, Shape], options: Options = {}): LayerCase => {
  const { mask = null, past, lengths, attributes = {}, outputs = 1, opset = 23, dtype = 'float32' } = options;
  const state = (k: 0 | 1): Tensor | null => (past === undefined ? null : randn(past[k], 107 + k, dtype));
  return {
    claim: `Attention ${claim}`,
    op: 'Attention',
    opset,
    inputs: [
      ...shapes.map((shape, k) => randn(shape, 101 + k, dtype)),
      mask,
      state(0),
      state(1),
      ...(lengths === undefined ? [] : [int64([lengths.length], lengths)]),
    ],
    outputs,
    attributes,
    ...(dtype === 'float64' ? { step: 2 ** -9, tolerance: 1e-6 } : { step: 2 ** -5 }),
  };
};

const bools = (shape: Shape, period: number): Tensor =>
  fromNumbers(
    'bool',
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => (k % period === 1 ? 0 : 1)),
  );

const FOUR = [
  [2, 3, 5, 4],
  [2, 3, 7, 4],
  [2, 3, 7, 2],
] as const;
const GROUPED = [
  [2, 6, 5, 4],
  [2, 3, 7, 4],
  [2, 3, 7, 2],
] as const;
const FLAT = [
  [2, 5, 12],
  [2, 7, 12],
  [2, 7, 6],
] as const;
const heads = { q_num_heads: int(3), kv_num_heads: int(3) };
const past = [
  [2, 3, 2, 4],
  [2, 3, 2, 2],
] as const;

const rotary = (
  claim: string,
  shape: Shape,
  cache: Shape,
  more: { positions?: Tensor; attributes?: Attributes } = {},
): LayerCase => ({
  claim: `RotaryEmbedding ${claim}`,
  op: 'RotaryEmbedding',
  opset: 23,
  inputs: [randn(shape, 111), randn(cache, 112), randn(cache, 113), more.positions ?? null],
  attributes: more.attributes ?? {},
  step: 0.5,
  tolerance: 1e-4,
});

export const attentions: readonly LayerCase[] = [
  attends('of four axes', FOUR),
  attends('of four axes, in float64', FOUR, { dtype: 'float64' }),
  attends('that is causal, with a past, in float64', FOUR, {
    past,
    outputs: 3,
    dtype: 'float64',
    attributes: { is_causal: int(1) },
  }),
  attends('of three axes', FLAT, { attributes: heads }),
  attends('with a scale', FOUR, { attributes: { scale: float(0.7) } }),
  attends('with keys shared by heads', GROUPED),
  attends(
    'with keys shared by heads, of three axes',
    [
      [2, 5, 24],
      [2, 7, 12],
      [2, 7, 6],
    ],
    { attributes: { q_num_heads: int(6), kv_num_heads: int(3) } },
  ),
  attends('that is causal', FOUR, { attributes: { is_causal: int(1) } }),
  attends('with a softcap', FOUR, { attributes: { softcap: float(1.5) } }),
  attends('with a mask of two axes', FOUR, { mask: randn([5, 7], 105) }),
  attends('with a mask of three axes', FOUR, { mask: randn([3, 5, 7], 105) }),
  attends('with a mask of four axes, shared heads, causal', GROUPED, {
    mask: randn([2, 6, 5, 7], 105),
    attributes: { is_causal: int(1), softcap: float(2) },
  }),
  attends('with a mask that broadcasts', GROUPED, { mask: randn([2, 1, 5, 7], 105) }),
  attends('with a boolean mask', FOUR, { mask: bools([5, 7], 3) }),
  attends('with a boolean mask that hides all from one query', FOUR, {
    mask: fromNumbers(
      'bool',
      [5, 7],
      Array.from({ length: 35 }, (_, k) => (k < 7 ? 0 : 1)),
    ),
  }),
  attends('with a past, through the present too', FOUR, { past, outputs: 3 }),
  attends('with a past, causal, of three axes', FLAT, {
    past,
    outputs: 3,
    attributes: { ...heads, is_causal: int(1) },
  }),
  ...[0, 1, 2, 3].map((stage) =>
    attends(`through its scores at stage ${stage}`, FOUR, {
      past,
      outputs: 4,
      mask: randn([5, 9], 105),
      attributes: { qk_matmul_output_mode: int(stage), softcap: float(1.5) },
    }),
  ),
  attends('with lengths', FOUR, { lengths: [4, 7], opset: 24 }),
  attends('with lengths, causal', FOUR, { lengths: [5, 7], opset: 24, attributes: { is_causal: int(1) } }),
  rotary('of four axes', [2, 3, 5, 4], [2, 5, 2]),
  rotary('of three axes', [2, 5, 12], [2, 5, 2], { attributes: { num_heads: int(3) } }),
  rotary('with positions', [2, 3, 5, 4], [11, 2], { positions: int64([2, 5], [0, 3, 3, 7, 10, 1, 2, 3, 4, 5]) }),
  rotary('with neighbours as pairs', [2, 3, 5, 4], [2, 5, 2], { attributes: { interleaved: int(1) } }),
  rotary('of a part of each head', [2, 3, 5, 6], [2, 5, 2], { attributes: { rotary_embedding_dim: int(4) } }),
  rotary('of a part of each head, with neighbours as pairs and positions', [2, 5, 18], [11, 2], {
    positions: int64([2, 5], [0, 3, 3, 7, 10, 1, 2, 3, 4, 5]),
    attributes: { rotary_embedding_dim: int(4), num_heads: int(3), interleaved: int(1) },
  }),
];
