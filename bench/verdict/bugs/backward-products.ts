import { roundToBfloat16, roundToFloat16 } from '../../../harness/numerics/float16.ts';
import { type Bug, rolled, times, transpose, zeroed } from '../bug.ts';
import { bug, truth, seeded, inputs } from './_backward.ts';

/** Products, backward. */
export const backwardProducts: readonly Bug[] = [
  bug(
    'Gemm',
    'x0',
    'weight not transposed',
    inputs((k) => ({ x1: transpose(k.x(1), 129, 11) })),
  ),
  bug(
    'Gemm',
    'x0',
    'last unit left out',
    seeded((k) => zeroed(k.dy, (i) => i % 11 === 10)),
  ),
  bug(
    'Gemm',
    'x0',
    'sign',
    truth((g) => times(g, -1)),
  ),
  bug(
    'Gemm',
    'x1',
    'last example only',
    seeded((k) => zeroed(k.dy, (i) => i < 66)),
  ),
  bug(
    'Gemm',
    'x1',
    'first example left out',
    seeded((k) => zeroed(k.dy, (i) => i < 11)),
  ),
  bug(
    'Gemm',
    'x1',
    'mean over the batch, not sum',
    truth((g) => times(g, 1 / 7)),
  ),
  bug(
    'Gemm',
    'x1',
    'accumulated twice',
    truth((g) => times(g, 2)),
  ),
  bug(
    'Gemm',
    'x1',
    'written in the other order',
    truth((g) => transpose(g, 129, 11)),
  ),
  bug(
    'Gemm',
    'x1',
    'not written',
    truth((g) => times(g, 0)),
  ),
  bug('Gemm', 'x1', 'weight decay 1e-4 added', (k) => k.truth.map((g, i) => g + 1e-4 * k.x(1)[i]!)),
  bug(
    'Gemm',
    'x1',
    'clipped at 2',
    truth((g) => g.map((v) => Math.max(-2, Math.min(2, v)))),
  ),
  bug(
    'Gemm',
    'x1',
    'stored as float16',
    truth((g) => g.map(roundToFloat16)),
  ),
  bug(
    'Gemm',
    'x0',
    'stored as bfloat16',
    truth((g) => g.map(roundToBfloat16)),
  ),
  bug('Gemm', 'x2', 'bias gradient of one example', (k) => k.dy.slice(66)),
  bug(
    'Gemm',
    'x2',
    'bias gradient averaged',
    truth((g) => times(g, 1 / 7)),
  ),
  bug(
    'Gemm',
    'x2',
    'bias gradient not written',
    truth((g) => times(g, 0)),
  ),
  bug(
    'Gemm',
    'x2',
    'bias gradient an element off',
    truth((g) => rolled(g, 1)),
  ),
  bug(
    'MatMul K=64',
    'x0',
    'one row not written',
    truth((g) => zeroed(g, (i) => i < 64)),
  ),
  bug(
    'MatMul K=64',
    'x1',
    'scale 1/√K in one direction only',
    truth((g) => times(g, 1 / 8)),
  ),
  bug(
    'Conv 3x3',
    'x0',
    'kernel not flipped',
    inputs((k) => ({ x1: k.x(1).map((_, i, v) => v[i - (i % 9) + 8 - (i % 9)]!) })),
  ),
  bug(
    'Conv 3x3',
    'x0',
    'input channels reversed',
    truth((g) => g.map((_, i) => g[i + (4 - 2 * (Math.floor(i / 77) % 5)) * 77]!)),
  ),
  bug(
    'Conv 3x3',
    'x0',
    'last output channel left out',
    seeded((k) => zeroed(k.dy, (i) => Math.floor(i / 77) % 3 === 2)),
  ),
  bug(
    'Conv 3x3',
    'x1',
    'padding ignored',
    seeded((k) => zeroed(k.dy, (i) => i % 11 === 0 || i % 11 === 10)),
  ),
  bug(
    'Conv 3x3',
    'x1',
    'one example of the batch',
    seeded((k) => zeroed(k.dy, (i) => i < 231)),
  ),
  bug(
    'Conv 3x3',
    'x1',
    'kernel gradient transposed',
    truth((g) => g.map((_, i) => g[i - (i % 9) + (i % 3) * 3 + Math.floor((i % 9) / 3)]!)),
  ),
  bug(
    'Conv 3x3',
    'x2',
    'bias gradient a mean over the image',
    truth((g) => times(g, 1 / 77)),
  ),
  bug(
    'Conv 3x3',
    'x2',
    'bias gradient of one row',
    seeded((k) => zeroed(k.dy, (i) => Math.floor(i / 11) % 7 !== 0)),
  ),
  bug(
    'Conv 5x5 stride 2',
    'x0',
    'stride off by one pixel',
    truth((g) => rolled(g, 1)),
  ),
  bug(
    'Conv groups',
    'x1',
    'groups exchanged',
    truth((g) => rolled(g, 54)),
  ),
];
