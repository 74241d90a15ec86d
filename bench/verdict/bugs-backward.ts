import { roundToBfloat16, roundToFloat16 } from '../../harness/numerics/float16.ts';
import { type Bug, type Kit, rolled, times, transpose, zeroed } from './bug.ts';
import * as w from './layers.ts';
import type { Tape, Var } from './tape.ts';

const bug = (plan: string, target: string, kind: string, make: Bug['make'], unseen?: string): Bug => ({
  kind: `gradient: ${kind}`,
  plan,
  target,
  make,
  ...(unseen === undefined ? {} : { unseen }),
});
const truth =
  (make: (x: Float64Array) => ArrayLike<number>): Bug['make'] =>
  (k) =>
    make(k.truth);
const seeded =
  (of: (k: Kit) => ArrayLike<number>): Bug['make'] =>
  (k) =>
    k.edited({ cotangent: of(k) });
const inputs =
  (of: (k: Kit) => Record<string, ArrayLike<number>>): Bug['make'] =>
  (k) =>
    k.edited({ inputs: of(k) });
const layer =
  (written: w.Written): Bug['make'] =>
  (k) =>
    k.written(written);
/** dy · slope(x, y) with a wrong slope. */
const slope =
  (of: (x: number, y: number, dy: number) => number): Bug['make'] =>
  (k) =>
    k.dy.map((dy, i) => dy * of(k.x(0)[i]!, k.y[i]!, dy));
const detached = (t: Tape, x: Var): Var => t.variable(x.shape, x.data);

const products: readonly Bug[] = [
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

const pointwise: readonly Bug[] = [
  bug(
    'Relu',
    'x0',
    'mask missing',
    slope(() => 1),
  ),
  bug(
    'Relu',
    'x0',
    'mask inverted',
    slope((x) => (x > 0 ? 0 : 1)),
  ),
  bug(
    'Relu',
    'x0',
    'mask by the gradient',
    slope((_, __, dy) => (dy > 0 ? 1 : 0)),
  ),
  bug(
    'LeakyRelu',
    'x0',
    'slope left out',
    slope((x) => (x > 0 ? 1 : 0)),
  ),
  bug(
    'LeakyRelu',
    'x0',
    'slope twice',
    slope((x) => (x > 0 ? 1 : 1e-4)),
  ),
  bug(
    'Sigmoid',
    'x0',
    'derivative of the input',
    slope((x) => x * (1 - x)),
  ),
  bug(
    'Sigmoid',
    'x0',
    'factor 1 − y missing',
    slope((_, y) => y),
  ),
  bug(
    'Sigmoid',
    'x0',
    'derivative missing',
    slope(() => 1),
  ),
  bug(
    'Tanh',
    'x0',
    '1 − y',
    slope((_, y) => 1 - y),
  ),
  bug(
    'Tanh',
    'x0',
    '1 − x²',
    slope((x) => 1 - x * x),
  ),
  bug(
    'Gelu',
    'x0',
    'of the tanh form',
    slope((x) => {
      const c = Math.sqrt(2 / Math.PI);
      const t = Math.tanh(c * (x + 0.044715 * x ** 3));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x);
    }),
  ),
  bug('Gelu', 'x0', 'term of the density missing', (k) => k.dy.map((dy, i) => (dy * k.y[i]!) / k.x(0)[i]!)),
  bug(
    'Elu',
    'x0',
    'negative side as relu',
    slope((x) => (x > 0 ? 1 : 0)),
  ),
  bug(
    'Softplus tails',
    'x0',
    'as relu',
    slope((x) => (x > 0 ? 1 : 0)),
  ),
  bug(
    'Exp',
    'x0',
    'passed through',
    slope(() => 1),
  ),
  bug(
    'Sqrt',
    'x0',
    '½ missing',
    slope((_, y) => 1 / y),
  ),
  bug(
    'Log',
    'x0',
    'of base 2',
    truth((g) => times(g, Math.LOG2E)),
  ),
  bug('Mul large', 'x0', 'by its own factor', (k) => k.dy.map((dy, i) => dy * k.x(0)[i]!)),
  bug(
    'Div',
    'x1',
    'sign of the quotient',
    truth((g) => times(g, -1)),
  ),
  bug('Div', 'x1', 'square of the divisor forgotten', (k) => k.truth.map((g, i) => g * k.x(1)[i]!)),
  bug('Add broadcast', 'x1', 'broadcast not summed', (k) => k.dy.slice(-7)),
  bug('Add broadcast', 'x1', 'summed over one axis only', (k) =>
    k.truth.map((_, j) => k.dy.reduce((s, v, i) => (i % 7 === j && i < 35 ? s + v : s), 0)),
  ),
  bug(
    'AveragePool',
    'x0',
    'not divided by the window',
    truth((g) => times(g, 4)),
  ),
  bug(
    'GlobalAveragePool',
    'x0',
    'not divided by the image',
    truth((g) => times(g, 196)),
  ),
  bug('MaxPool', 'x0', 'to all elements', (k) =>
    k.truth.map((_, i) => {
      const [q, p, plane] = [Math.floor((i % 10) / 2), Math.floor((Math.floor(i / 10) % 8) / 2), Math.floor(i / 80)];
      return k.dy[plane * 20 + p * 5 + q]!;
    }),
  ),
  bug('MaxPool', 'x0', 'spread evenly', (k) => k.edited({ op: 'AveragePool' })),
  bug(
    'Gather',
    'x0',
    'a row used twice overwritten',
    seeded((k) => zeroed(k.dy, (i) => i < 7 || (i >= 14 && i < 21))),
  ),
  bug(
    'ReduceMean 65536 mean 3',
    'x0',
    'not divided by the count',
    truth((g) => times(g, 65536)),
  ),
  bug('ReduceL2 16384', 'x0', 'norm not divided out', (k) => k.truth.map((g) => g * k.y[0]!)),
];

const withStatistics =
  (options: { mean?: boolean; variance?: boolean }): w.Written =>
  (t, x, scale, bias) => {
    const n = t.constant(x.shape.at(-1)!);
    const keep = (v: Var, kept: boolean | undefined): Var => (kept === false ? detached(t, v) : v);
    const centred = t.sub(x, keep(t.div(t.sumLast(x, 1), n), options.mean));
    const variance = t.div(t.sumLast(t.mul(centred, centred), 1), n);
    const deviation = t.unary(t.add(keep(variance, options.variance), t.constant(1e-5)), Math.sqrt, (_, y) => 0.5 / y);
    return t.add(t.mul(t.div(centred, deviation), scale!), bias!);
  };
const layerNorm = 'LayerNormalization mean 0';
const norms: readonly Bug[] = [
  bug(
    layerNorm,
    'x0',
    'layer norm: statistics taken for constants',
    layer(withStatistics({ mean: false, variance: false })),
  ),
  bug(layerNorm, 'x0', 'layer norm: term of the mean missing', layer(withStatistics({ mean: false }))),
  bug(layerNorm, 'x0', 'layer norm: term of the variance missing', layer(withStatistics({ variance: false }))),
  bug(
    layerNorm,
    'x0',
    'layer norm: scale missing',
    inputs((k) => ({ x1: k.x(1).fill(1) })),
  ),
  bug(layerNorm, 'x0', 'layer norm: epsilon 1e-3', layer(w.layerNorm(1e-3))),
  bug(layerNorm, 'x1', 'layer norm: input not normalised', (k) =>
    k.truth.map((_, j) => k.dy.reduce((s, v, i) => (i % 67 === j ? s + v * k.x(0)[i]! : s), 0)),
  ),
  bug(layerNorm, 'x2', 'layer norm: shift of the last row', (k) => k.dy.slice(-67)),
  bug(
    'BatchNormalization mean 0',
    'x0',
    'batch norm: scale missing',
    inputs((k) => ({ x1: k.x(1).fill(1) })),
  ),
  bug(
    'BatchNormalization mean 0',
    'x0',
    'batch norm: divided by the variance',
    inputs((k) => ({ x4: k.x(4).map((v) => v * v) })),
  ),
  bug(
    'BatchNormalization mean 100',
    'x1',
    'batch norm: mean not subtracted',
    inputs((k) => ({ x3: k.x(3).fill(0) })),
  ),
  bug(
    'BatchNormalization mean 0',
    'x2',
    'batch norm: shift averaged',
    truth((g) => times(g, 1 / 231)),
  ),
  bug(
    'GroupNormalization mean 0',
    'x0',
    'group norm: statistics of all channels',
    layer((t, x, s, b) => w.groupNorm(1e-5, 1)(t, x, s!, b!)),
  ),
  bug(
    'InstanceNormalization mean 0',
    'x0',
    'instance norm: statistics of all channels',
    layer((t, x, s, b) => w.groupNorm(1e-5, 1)(t, x, s!, b!)),
  ),
  bug(
    'RMSNormalization mean 0',
    'x0',
    'rms norm: root taken for a constant',
    layer((t, x, s) => {
      const square = t.div(t.sumLast(t.mul(x, x), 1), t.constant(67));
      const root = t.unary(t.add(square, t.constant(1e-5)), Math.sqrt, (_, y) => 0.5 / y);
      return t.mul(t.div(x, detached(t, root)), s!);
    }),
  ),
];

const detachedSoftmax: w.Written = (t, x) => {
  const p = w.softmax(t, detached(t, x));
  return t.add(t.sub(p, detached(t, p)), t.mul(t.mul(p, t.sub(t.constant(1), p)), t.sub(x, detached(t, x))));
};
const ROW = 129;
const losses: readonly Bug[] = [
  bug('Softmax', 'x0', 'softmax: diagonal only', layer(detachedSoftmax)),
  bug(
    'Softmax',
    'x0',
    'softmax: passed through',
    slope(() => 1),
  ),
  bug(
    'LogSoftmax',
    'x0',
    'log softmax: passed through',
    slope(() => 1),
  ),
  bug('LogSoftmax', 'x0', 'log softmax: over the batch', (k) =>
    k.truth.map((_, i) => {
      let sum = 0;
      for (let r = 0; r < 7; r++) sum += k.dy[r * ROW + (i % ROW)]!;
      return k.dy[i]! - Math.exp(k.y[i]!) * sum;
    }),
  ),
  bug('CrossEntropy', 'x0', 'loss: target not subtracted', (k) =>
    k.truth.map((g, i) => g + (k.x(1)[Math.floor(i / 11)] === i % 11 ? k.dy[0]! / 5 : 0)),
  ),
  bug(
    'CrossEntropy',
    'x0',
    'loss: not divided by the batch',
    truth((g) => times(g, 5)),
  ),
  bug(
    'CrossEntropy',
    'x0',
    'loss: divided by the batch twice',
    truth((g) => times(g, 1 / 5)),
  ),
  bug('CrossEntropy', 'x0', 'loss: begins with 1', (k) => k.truth.map((g) => g / k.dy[0]!)),
  bug(
    'CrossEntropy',
    'x0',
    'loss: labels off by one',
    inputs((k) => ({ x1: k.x(1).map((v) => (v + 1) % 11) })),
  ),
  bug(
    'MeanSquare',
    'x0',
    'square loss: 2 missing',
    truth((g) => times(g, 0.5)),
  ),
  bug(
    'MeanSquare',
    'x1',
    'square loss: sign of the target',
    truth((g) => times(g, -1)),
  ),
  bug(
    'BinaryCrossEntropy',
    'x0',
    'binary loss: target not subtracted',
    inputs((k) => ({ x1: k.x(1).fill(0) })),
  ),
  bug('BinaryCrossEntropy', 'x0', 'binary loss: derivative of the sigmoid once more', (k) =>
    k.truth.map((g, i) => {
      const p = 1 / (1 + Math.exp(-k.x(0)[i]!));
      return g * p * (1 - p);
    }),
  ),
];

/** dx and dW of a recurrence of which only the last step's own part is computed. */
const lastStep = (k: Kit): Float64Array => zeroed(k.dy, (i) => i < (k.dy.length * 4) / 5);
const recurrent: readonly Bug[] = [
  bug(
    'LSTM',
    'x0',
    'lstm: nothing through the hidden state',
    inputs((k) => ({ x2: times(k.x(2), 0) })),
  ),
  bug('LSTM', 'x1', 'lstm: last step only', seeded(lastStep)),
  bug(
    'LSTM',
    'x2',
    'lstm: recurrent weight without the first step',
    seeded((k) => zeroed(k.dy, (i) => i < k.dy.length / 5)),
    'the state before the first step is zero: the same numbers',
  ),
  bug(
    'LSTM',
    'x3',
    'lstm: gates in another order',
    truth((g) => rolled(g, 11)),
  ),
  bug(
    'LSTM',
    'x3',
    'lstm: recurrent bias not written',
    truth((g) => zeroed(g, (i) => i >= 44)),
  ),
  bug('LSTM', 'x0', 'lstm: time reversed', (k) =>
    k.truth.map((_, i, g) => g[(4 - Math.floor(i / 21)) * 21 + (i % 21)]!),
  ),
  bug(
    'GRU',
    'x0',
    'gru: nothing through the hidden state',
    inputs((k) => ({ x2: times(k.x(2), 0) })),
  ),
  bug('GRU', 'x1', 'gru: last step only', seeded(lastStep)),
  bug(
    'GRU',
    'x2',
    'gru: gates in another order',
    truth((g) => rolled(g, 121)),
  ),
  bug(
    'GRU',
    'x3',
    'gru: recurrent bias not written',
    truth((g) => zeroed(g, (i) => i >= 33)),
  ),
];

export const BACKWARD_BUGS: readonly Bug[] = [...products, ...pointwise, ...norms, ...losses, ...recurrent];
