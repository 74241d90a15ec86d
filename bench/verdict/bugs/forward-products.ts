import { roundToBfloat16, roundToFloat16 } from '../../../harness/numerics/float16.ts';
import { type Bug, rolled, times, transpose, zeroed } from '../bug.ts';
import { ints } from '../cases.ts';
import * as w from '../layers.ts';
import { bug, inputs, attributes } from './_forward.ts';

/** Products, forward. */
export const forwardProducts: readonly Bug[] = [
  bug(
    'Gemm',
    'bias forgotten',
    inputs((k) => ({ x2: times(k.x(2), 0) })),
  ),
  bug(
    'Gemm',
    'bias added twice',
    inputs((k) => ({ x2: times(k.x(2), 2) })),
  ),
  bug(
    'Gemm',
    'bias index off by one',
    inputs((k) => ({ x2: rolled(k.x(2), 1) })),
  ),
  bug(
    'Gemm',
    'weight read in the other order',
    inputs((k) => ({ x1: transpose(k.x(1), 129, 11) })),
  ),
  bug(
    'Gemm',
    'last input left out',
    inputs((k) => ({ x1: zeroed(k.x(1), (i) => i % 129 === 128) })),
  ),
  bug(
    'Gemm',
    'first input left out',
    inputs((k) => ({ x1: zeroed(k.x(1), (i) => i % 129 === 0) })),
  ),
  bug(
    'Gemm',
    'first example used for all',
    inputs((k) => ({ x0: k.x(0).map((_, i, x) => x[i % 129] as number) })),
  ),
  bug('Gemm', 'a relu too many', (k) => k.truth.map((v) => Math.max(0, v))),
  bug('Gemm', 'accumulator not cleared', (k) => times(k.truth, 2)),
  bug('Gemm', 'two columns exchanged', (k) =>
    k.truth.map((v, i, y) => (i % 11 === 0 ? y[i + 1]! : i % 11 === 1 ? y[i - 1]! : v)),
  ),
  bug('Gemm', 'last example not written', (k) => zeroed(k.truth, (i) => i >= 66)),
  bug('Gemm', 'one element NaN', (k) => k.truth.map((v, i) => (i === 38 ? Number.NaN : v))),
  bug('Gemm', 'one element negated', (k) => k.truth.map((v, i) => (i === 38 ? -v : v))),
  bug('Gemm', 'result stored as float16', (k) => k.truth.map(roundToFloat16)),
  bug('Gemm', 'result stored as bfloat16', (k) => k.truth.map(roundToBfloat16)),
  bug(
    'Gemm',
    'weights in bfloat16',
    inputs((k) => ({ x1: k.x(1).map(roundToBfloat16) })),
  ),
  bug('MatMul K=1024 positive', 'float16 accumulator', (k) => k.written(w.matmul, roundToFloat16)),
  bug(
    'MatMul K=1024 positive',
    'operands in float16',
    inputs((k) => ({ x0: k.x(0).map(roundToFloat16) })),
  ),
  bug(
    'MatMul K=4099',
    'remainder of the vector width dropped',
    inputs((k) => ({ x0: zeroed(k.x(0), (i) => i % 4099 >= 4096) })),
  ),
  bug(
    'MatMul K=4099 positive',
    'remainder dropped, positive',
    inputs((k) => ({ x0: zeroed(k.x(0), (i) => i % 4099 >= 4096) })),
  ),
  bug('MatMul K=64', 'result transposed', (k) => transpose(k.truth, 3, 5)),
  bug('MatMul K=64', 'scaled by 1/√K', (k) => times(k.truth, 1 / 8)),
  bug(
    'Conv 3x3',
    'kernel flipped',
    inputs((k) => ({ x1: k.x(1).map((_, i, v) => v[i - (i % 9) + 8 - (i % 9)]!) })),
  ),
  bug(
    'Conv 3x3',
    'kernel rows and columns swapped',
    inputs((k) => ({ x1: k.x(1).map((_, i, v) => v[i - (i % 9) + (i % 3) * 3 + Math.floor((i % 9) / 3)]!) })),
  ),
  bug('Conv 3x3', 'padding on one side', attributes({ pads: ints(2, 2, 0, 0) })),
  bug('Conv 3x3', 'border not written', (k) =>
    zeroed(
      k.truth,
      (i) => i % 11 === 0 || i % 11 === 10 || Math.floor(i / 11) % 7 === 0 || Math.floor(i / 11) % 7 === 6,
    ),
  ),
  bug(
    'Conv 3x3',
    'input channels reversed',
    inputs((k) => ({
      x0: k.x(0).map((_, i, v) => {
        const c = Math.floor(i / 77) % 5;
        return v[i + (4 - 2 * c) * 77]!;
      }),
    })),
  ),
  bug(
    'Conv 3x3',
    'weight layout HWIO',
    inputs((k) => ({ x1: transpose(k.x(1), 9, 15) })),
  ),
  bug(
    'Conv 3x3',
    'convolution without bias',
    inputs((k) => ({ x2: times(k.x(2), 0) })),
  ),
  bug(
    'Conv 3x3',
    'last input channel left out',
    inputs((k) => ({ x1: zeroed(k.x(1), (i) => Math.floor(i / 9) % 5 === 4) })),
  ),
  bug(
    'Conv 3x3',
    'second example reads the first',
    inputs((k) => ({ x0: k.x(0).map((_, i, v) => v[i % 385]!) })),
  ),
  bug('Conv 3x3', 'dilation 2', attributes({ pads: ints(2, 2, 2, 2), dilations: ints(2, 2) })),
  bug('Conv 5x5 stride 2', 'SAME padding on the wrong side', attributes({ pads: ints(1, 1, 3, 3) })),
  bug(
    'Conv groups',
    'group reads the other slice',
    inputs((k) => ({ x0: k.x(0).map((_, i, v) => v[i + (Math.floor(i / 105) % 2 === 0 ? 105 : -105)]!) })),
  ),
  bug(
    'Conv depthwise',
    'kernel of the next channel',
    inputs((k) => ({ x1: rolled(k.x(1), 9) })),
  ),
];
