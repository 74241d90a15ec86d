import { float, int } from '../../../../../adapters/onnx/rule.ts';
import type { CaseInput, GradientCase } from '../_case.ts';
import { absent, given, whole } from '../_case.ts';

/** A case with its answer. */
export interface Convention extends GradientCase {
  /** Gradient of each input that has one, for a cotangent of ones. */
  readonly expected: Readonly<Record<string, readonly number[]>>;
}

const f32 = { dtype: 'float32' } as const;
const vector = (...values: number[]): CaseInput => given([values.length], values);

/** Where the derivative does not exist, or needs a limit: PyTorch's choice. No central difference can tell. */
export const cases: readonly Convention[] = [
  { name: 'is 0 at the kink of Relu', op: 'Relu', inputs: [vector(-1, 0, 1)], expected: { x0: [0, 0, 1] } },
  {
    name: 'is the slope at the kink of LeakyRelu',
    op: 'LeakyRelu',
    inputs: [vector(0)],
    attributes: { alpha: float(0.25) },
    ...f32,
    expected: { x0: [0.25] },
  },
  {
    name: 'of Elu at 0 is that of its lower side',
    op: 'Elu',
    inputs: [vector(0)],
    attributes: { alpha: float(0.5) },
    ...f32,
    expected: { x0: [0.5] },
  },
  { name: 'of Abs at 0 is 0', op: 'Abs', inputs: [vector(-2, 0, 2)], expected: { x0: [-1, 0, 1] } },
  {
    name: 'is 0 at both corners of HardSigmoid',
    op: 'HardSigmoid',
    inputs: [vector(-2, 2)],
    attributes: { alpha: float(0.25), beta: float(0.5) },
    ...f32,
    expected: { x0: [0, 0] },
  },
  {
    name: 'passes Clip at both ends, and reaches a bound only from what it holds back',
    op: 'Clip',
    inputs: [vector(-2, -1, 0, 1, 2, 3), given([], [-1]), given([], [1])],
    expected: { x0: [0, 1, 1, 1, 0, 0], x1: [1], x2: [2] },
  },
  {
    name: 'passes Clip without a lower bound',
    op: 'Clip',
    inputs: [vector(-9, 1, 2), absent, given([], [1])],
    expected: { x0: [1, 1, 0], x2: [1] },
  },
  {
    name: 'is shared by tied inputs of Max',
    op: 'Max',
    inputs: [vector(1, 3), vector(1, 2), vector(0, 3)],
    expected: { x0: [0.5, 0.5], x1: [0.5, 0], x2: [0, 0.5] },
  },
  {
    name: 'is shared by tied inputs of Min',
    op: 'Min',
    inputs: [vector(1, 3), vector(1, 2)],
    expected: { x0: [0.5, 0], x1: [0.5, 1] },
  },
  {
    name: 'is shared by tied elements of ReduceMax',
    op: 'ReduceMax',
    inputs: [vector(4, 1, 4, 4)],
    expected: { x0: [1 / 3, 0, 1 / 3, 1 / 3] },
  },
  {
    name: 'is shared by tied elements of ReduceMin',
    op: 'ReduceMin',
    inputs: [vector(4, 1, 1, 4)],
    expected: { x0: [0, 0.5, 0.5, 0] },
  },
  { name: 'is 0 for the norm of the zero vector', op: 'ReduceL2', inputs: [vector(0, 0)], expected: { x0: [0, 0] } },
  { name: 'is 0 where ReduceL1 has its kink', op: 'ReduceL1', inputs: [vector(0, -3)], expected: { x0: [0, -1] } },
  {
    name: 'of the exponent is NaN for a negative base, and 0 for the base 0',
    op: 'Pow',
    inputs: [vector(-2, 0, 1), vector(2, 2, 2)],
    expected: { x0: [-4, 0, 2], x1: [Number.NaN, 0, 0] },
  },
  {
    name: 'of the base is 0 where the exponent is',
    op: 'Pow',
    inputs: [vector(0, 3), whole([1], [0])],
    expected: { x0: [0, 0] },
  },
  {
    name: 'is infinite where Sqrt is vertical',
    op: 'Sqrt',
    inputs: [vector(0, 4)],
    expected: { x0: [Number.POSITIVE_INFINITY, 0.25] },
  },
  {
    name: 'of a product reaches the only zero, and nothing where there are two',
    op: 'ReduceProd',
    inputs: [given([2, 3], [2, 0, 5, 0, 0, 5]), whole([1], [1])],
    attributes: { keepdims: int(0) },
    expected: { x0: [0, 10, 0, 0, 0, 0] },
  },
];
