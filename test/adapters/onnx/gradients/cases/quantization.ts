import { int } from '../../../../../adapters/onnx/rule.ts';
import type { CaseInput, GradientCase } from '../_case.ts';
import { positive } from '../_case.ts';

const bytes = (shape: readonly number[], from: number): CaseInput => ({
  kind: 'fixed',
  tensor: {
    dtype: 'int8',
    shape,
    data: Int8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => ((k * 37 + from) % 23) - 11),
  },
});
const dequantize = (
  name: string,
  inputs: readonly CaseInput[],
  attributes: GradientCase['attributes'] = {},
): GradientCase => ({
  op: 'DequantizeLinear',
  name,
  inputs,
  attributes,
  dtype: 'float32',
});

export const cases: readonly GradientCase[] = [
  dequantize('one scale, no zero point', [bytes([3, 5], 0), positive()]),
  dequantize('one scale in a list', [bytes([3, 5], 0), positive(1), bytes([1], 4)]),
  dequantize('one scale and zero point a column', [bytes([3, 5, 2], 0), positive(5), bytes([5], 3)]),
  dequantize('one scale and zero point a row', [bytes([3, 5], 0), positive(3), bytes([3], 3)], { axis: int(0) }),
  dequantize('blocks', [bytes([2, 6, 3], 0), positive(2, 3, 3), bytes([2, 3, 3], 3)], {
    axis: int(1),
    block_size: int(2),
  }),
];
