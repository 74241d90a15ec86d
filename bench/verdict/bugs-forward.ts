import { roundToBfloat16, roundToFloat16 } from '../../harness/numerics/float16.ts';
import { type Bug, type Kit, rolled, times, transpose, zeroed } from './bug.ts';
import { float, int, ints } from './cases.ts';
import * as w from './layers.ts';
import type { Tape, Var } from './tape.ts';

const bug = (plan: string, kind: string, make: Bug['make'], unseen?: string): Bug => ({
  kind,
  plan,
  target: 'y',
  make,
  ...(unseen === undefined ? {} : { unseen }),
});
const inputs =
  (of: (k: Kit) => Record<string, ArrayLike<number>>): Bug['make'] =>
  (k) =>
    k.edited({ inputs: of(k) });
const attributes =
  (change: NonNullable<Parameters<Kit['edited']>[0]['attributes']>): Bug['make'] =>
  (k) =>
    k.edited({ attributes: change });
const op =
  (name: string): Bug['make'] =>
  (k) =>
    k.edited({ op: name });
const layer =
  (written: w.Written): Bug['make'] =>
  (k) =>
    k.written(written);

const products: readonly Bug[] = [
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

/** (x − mean) / deviation of the last axis, with the deviation made otherwise. */
const layerNormBy =
  (deviation: (t: Tape, variance: Var) => Var, count = 67): w.Written =>
  (t, x, scale, bias) => {
    const centred = t.sub(x, t.div(t.sumLast(x, 1), t.constant(67)));
    const variance = t.div(t.sumLast(t.mul(centred, centred), 1), t.constant(count));
    return t.add(t.mul(t.div(centred, deviation(t, variance)), scale!), bias!);
  };
const root = (t: Tape, x: Var): Var => t.unary(x, Math.sqrt, (_, y) => 0.5 / y);
const EPSILON = 1e-5;
const plus = (t: Tape, x: Var): Var => t.add(x, t.constant(EPSILON));
/** √(E[x²] − E[x]²): cancels where the mean is large. */
const inOnePass: w.Written = (t, x, scale, bias) => {
  const mean = t.div(t.sumLast(x, 1), t.constant(67));
  const variance = t.sub(t.div(t.sumLast(t.mul(x, x), 1), t.constant(67)), t.mul(mean, mean));
  return t.add(t.mul(t.div(t.sub(x, mean), root(t, plus(t, variance))), scale!), bias!);
};
const columnwise: w.Written = (t, x, scale, bias) => {
  const flipped = w.transposed(t, x);
  const one = t.variable([1], [1]);
  const none = t.variable([1], [0]);
  return t.add(t.mul(w.transposed(t, w.layerNorm(1e-5)(t, flipped, one, none)), scale!), bias!);
};

const norm = 'Normalization mean 0';
const norms: readonly Bug[] = [
  bug(`Layer${norm}`, 'layer norm: epsilon 1e-3', attributes({ epsilon: float(1e-3) })),
  bug(`Layer${norm}`, 'layer norm: epsilon 1e-6', attributes({ epsilon: float(1e-6) })),
  bug(`Layer${norm}`, 'layer norm: no epsilon', attributes({ epsilon: float(0) })),
  bug(
    'LayerNormalization tiny variance',
    'layer norm: epsilon 1e-12, small variance',
    attributes({ epsilon: float(1e-12) }),
  ),
  bug(`Layer${norm}`, 'layer norm: epsilon outside the root', layer(layerNormBy((t, v) => plus(t, root(t, v))))),
  bug(`Layer${norm}`, 'layer norm: divided by the variance', layer(layerNormBy(plus))),
  bug(`Layer${norm}`, 'layer norm: variance over n − 1', layer(layerNormBy((t, v) => root(t, plus(t, v)), 66))),
  bug(
    `Layer${norm}`,
    'layer norm: no scale',
    inputs((k) => ({ x1: k.x(1).fill(1) })),
  ),
  bug(
    `Layer${norm}`,
    'layer norm: no shift',
    inputs((k) => ({ x2: k.x(2).fill(0) })),
  ),
  bug(
    `Layer${norm}`,
    'layer norm: scale and shift exchanged',
    inputs((k) => ({ x1: k.x(2), x2: k.x(1) })),
  ),
  bug(
    `Layer${norm}`,
    'layer norm: mean not subtracted',
    layer((t, x, s, b) => t.add(w.rmsNorm(EPSILON)(t, x, s!), b!)),
  ),
  bug(`Layer${norm}`, 'layer norm: over the wrong axis', layer(columnwise)),
  bug('LayerNormalization mean 100', 'layer norm: E[x²] − E[x]²', layer(inOnePass)),
  bug(`Batch${norm}`, 'batch norm: epsilon 1e-3', attributes({ epsilon: float(1e-3) })),
  bug(`Batch${norm}`, 'batch norm: epsilon 1e-6', attributes({ epsilon: float(1e-6) })),
  bug(
    `Batch${norm}`,
    'batch norm: mean and variance exchanged',
    inputs((k) => ({ x3: k.x(4), x4: k.x(3).map(Math.abs) })),
  ),
  bug(
    `Batch${norm}`,
    'batch norm: no scale',
    inputs((k) => ({ x1: k.x(1).fill(1) })),
  ),
  bug(
    `Batch${norm}`,
    'batch norm: root forgotten',
    inputs((k) => ({ x4: k.x(4).map((v) => v * v) })),
  ),
  bug(
    `Batch${norm}`,
    'batch norm: mean not subtracted',
    inputs((k) => ({ x3: k.x(3).fill(0) })),
  ),
  bug(
    `Batch${norm}`,
    'batch norm: statistics of this batch',
    layer((t, x, s, b) => {
      const [N, C, H, W] = x.shape as [number, number, number, number];
      const plane = H * W;
      const by = Array.from(
        x.data,
        (_, i) => (Math.floor(i / plane) % N) * C * plane + Math.floor(i / (N * plane)) * plane + (i % plane),
      );
      const back = Array.from(
        x.data,
        (_, i) => (Math.floor(i / plane) % C) * N * plane + Math.floor(i / (C * plane)) * plane + (i % plane),
      );
      const folded = w.layerNorm(EPSILON)(t, t.take(x, [C, N * plane], by), t.variable([1], [1]), t.variable([1], [0]));
      const one = t.take(folded, x.shape, back);
      return t.add(t.mul(one, t.reshape(s!, [C, 1, 1])), t.reshape(b!, [C, 1, 1]));
    }),
  ),
  bug(`Group${norm}`, 'group norm: one group fewer', attributes({ num_groups: int(2) })),
  bug(`Group${norm}`, 'group norm: a group a channel', attributes({ num_groups: int(6) })),
  bug(`Group${norm}`, 'group norm: epsilon 1e-3', attributes({ epsilon: float(1e-3) })),
  bug(`Instance${norm}`, 'instance norm: epsilon 1e-3', attributes({ epsilon: float(1e-3) })),
  bug(
    `Instance${norm}`,
    'instance norm: statistics of all channels',
    layer((t, x, s, b) => w.groupNorm(EPSILON, 1)(t, x, s!, b!)),
  ),
  bug(
    `RMS${norm}`,
    'rms norm: mean subtracted',
    layer((t, x, s) => w.layerNorm(EPSILON)(t, x, s!, t.variable([1], [0]))),
  ),
  bug(`RMS${norm}`, 'rms norm: epsilon 1e-6', attributes({ epsilon: float(1e-6) })),
  bug(
    'RMSNormalization mean 0',
    'rms norm: no scale',
    inputs((k) => ({ x1: k.x(1).fill(1) })),
  ),
];

const bare: w.Written = (t, x) => {
  const e = w.exp(t, x);
  return t.div(e, t.sumLast(e, 1));
};
const doubled: w.Written = (t, x) =>
  t.sub(t.constant(0), t.div(t.sumLast(w.logSoftmax(t, w.softmax(t, x)), 1), t.constant(11)));
const losses: readonly Bug[] = [
  bug('Softmax', 'softmax: no maximum subtracted', layer(bare), 'ordinary logits do not overflow: the same numbers'),
  bug('Softmax offset 1000', 'softmax: no maximum subtracted, large logits', layer(bare)),
  bug('Softmax', 'softmax: wrong axis', attributes({ axis: int(0) })),
  bug(
    'Softmax',
    'softmax: denominator loses the last',
    layer((t, x) => {
      const e = w.exp(t, x);
      const most = t.take(
        e,
        [7, 128],
        Array.from({ length: 896 }, (_, i) => Math.floor(i / 128) * 129 + (i % 128)),
      );
      return t.div(e, t.sumLast(most, 1));
    }),
  ),
  bug(
    'Softmax',
    'softmax: half the logits',
    inputs((k) => ({ x0: times(k.x(0), 0.5) })),
  ),
  bug(
    'Softmax',
    'softmax: base 2',
    inputs((k) => ({ x0: times(k.x(0), Math.LN2) })),
  ),
  bug('Softmax', 'softmax: sigmoid instead', op('Sigmoid')),
  bug('LogSoftmax', 'log softmax: softmax instead', op('Softmax')),
  bug('LogSoftmax', 'log softmax: 1e-7 inside the logarithm', (k) => k.truth.map((v) => Math.log(Math.exp(v) + 1e-7))),
  bug('CrossEntropy', 'loss summed', attributes({ reduction: { kind: 'string', value: 'sum' } })),
  bug(
    'CrossEntropy',
    'loss: softmax twice',
    layer((t, x) => t.reshape(t.take(doubled(t, x), [1], [0]), [])),
  ),
  bug(
    'CrossEntropy',
    'loss: labels off by one',
    inputs((k) => ({ x1: k.x(1).map((v) => (v + 1) % 11) })),
  ),
  bug('CrossEntropy', 'loss in bits', (k) => times(k.truth, Math.LOG2E)),
  bug('CrossEntropy', 'loss: labels smoothed', (k) => {
    const logs = k.written(w.logSoftmax);
    return k.truth.map((v) => 0.9 * v - (0.1 * logs.reduce((a, b) => a + b, 0)) / 55);
  }),
  bug('CrossEntropy', 'loss divided by the classes too', (k) => times(k.truth, 1 / 11)),
  bug('MeanSquare', 'square loss halved', (k) => times(k.truth, 0.5)),
  bug('MeanSquare', 'square loss summed', op('ReduceSum')),
  bug('MeanSquare', 'square loss a mean over the batch', (k) => times(k.truth, 31)),
  bug('MeanSquare', 'square loss: absolute', (k) => [
    k.x(0).reduce((s, v, i) => s + Math.abs(v - k.x(1)[i]!), 0) / 217,
  ]),
  bug(
    'BinaryCrossEntropy',
    'binary loss: target inverted',
    inputs((k) => ({ x1: k.x(1).map((v) => 1 - v) })),
  ),
  bug(
    'BinaryCrossEntropy',
    'binary loss: probabilities clipped at 1e-7',
    layer((t, x, y) => {
      const p = t.unary(
        x,
        (v) => Math.min(1 - 1e-7, Math.max(1e-7, 1 / (1 + Math.exp(-v)))),
        () => 0,
      );
      const q = t.sub(t.constant(1), p);
      const sum = t.add(t.mul(y!, w.log(t, p)), t.mul(t.sub(t.constant(1), y!), w.log(t, q)));
      return t.reshape(t.sub(t.constant(0), w.mean(t, sum)), []);
    }),
    'no probability lies beyond the clip: the same numbers',
  ),
  bug(
    'ReduceMean 65536 mean 3',
    'mean over n − 1',
    (k) => times(k.truth, 65536 / 65535),
    'one part in 65,535 is less than an honest sequential sum of 65,536 terms loses in float32',
  ),
  bug('ReduceSum 65536', 'last term of 65,536 lost', (k) => k.truth.map((v) => v - k.x(0)[65535]!)),
  bug('ReduceL2 16384', 'root forgotten', (k) => k.truth.map((v) => v * v)),
];

const A = Math.fround(0.044715);
const geluTanh = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + A * x ** 3)));
const map =
  (g: (x: number) => number): Bug['make'] =>
  (k) =>
    k.x(0).map(g);
const pointwise: readonly Bug[] = [
  bug('Gelu', 'gelu by tanh', map(geluTanh)),
  bug(
    'Gelu',
    'gelu by sigmoid',
    map((x) => x / (1 + Math.exp(-1.702 * x))),
  ),
  bug('Gelu', 'gelu without ½', (k) => times(k.truth, 2)),
  bug(
    'Erf',
    'erf with three terms',
    map((x) => {
      const t = 1 / (1 + 0.47047 * Math.abs(x));
      return Math.sign(x) * (1 - t * (0.3480242 + t * (-0.0958798 + t * 0.7478556)) * Math.exp(-x * x));
    }),
  ),
  bug('LeakyRelu', 'leaky relu: slope 0.02', attributes({ alpha: float(0.02) })),
  bug('LeakyRelu', 'leaky relu: slope 0.3', attributes({ alpha: float(0.3) })),
  bug(
    'Relu',
    'relu missing',
    map((x) => x),
  ),
  bug('Relu', 'relu: absolute value', map(Math.abs)),
  bug('Elu', 'elu: alpha 1.05', attributes({ alpha: float(1.05) })),
  bug(
    'Sigmoid',
    'hard sigmoid',
    map((x) => Math.min(1, Math.max(0, 0.2 * x + 0.5))),
  ),
  bug(
    'Sigmoid',
    'sigmoid: x multiplied',
    map((x) => x / (1 + Math.exp(-x))),
  ),
  bug(
    'Tanh',
    'tanh by its series',
    map((x) => x - x ** 3 / 3 + (2 * x ** 5) / 15),
  ),
  bug(
    'Tanh',
    'tanh rational',
    map((x) => (x * (27 + x * x)) / (27 + 9 * x * x)),
  ),
  bug(
    'Softplus tails',
    'softplus: relu instead',
    map((x) => Math.max(x, 0)),
  ),
  bug(
    'Exp',
    'exponential of base 2',
    map((x) => 2 ** x),
  ),
  bug(
    'Add broadcast',
    'bias broadcast a step off',
    inputs((k) => ({ x1: rolled(k.x(1), 1) })),
  ),
  bug('Add broadcast', 'subtracted, not added', op('Sub')),
  bug('Div', 'quotient truncated', (k) => k.truth.map(Math.trunc)),
  bug(
    'Div',
    'divided the other way round',
    inputs((k) => ({ x0: k.x(1), x1: k.x(0) })),
  ),
  bug('MaxPool', 'average instead of maximum', op('AveragePool')),
  bug('MaxPool', 'maximum against 0', (k) => k.truth.map((v) => Math.max(v, 0))),
  bug('AveragePool', 'pool summed', (k) => times(k.truth, 4)),
  bug('AveragePool', 'pool over 3 × 3 elements', (k) => times(k.truth, 4 / 9)),
  bug('GlobalAveragePool', 'global pool misses the last element', (k) =>
    k.truth.map((v, i) => v - k.x(0)[i * 196 + 195]! / 196),
  ),
  bug('GlobalAveragePool', 'global pool summed', (k) => times(k.truth, 196)),
  bug(
    'Gather',
    'row off by one',
    inputs((k) => ({ x1: k.x(1).map((v) => (v + 1) % 11) })),
  ),
];

/** Blocks of a weight in another order. */
const blocks = (x: Float64Array, count: number, order: readonly number[]): Float64Array => {
  const size = x.length / count;
  return x.map((_, i) => x[order[Math.floor(i / size)]! * size + (i % size)]!);
};
const reordered = (order: readonly number[]): Bug['make'] =>
  inputs((k) => ({
    x1: blocks(k.x(1), order.length, order),
    x2: blocks(k.x(2), order.length, order),
    x3: blocks(k.x(3), 2 * order.length, [...order, ...order.map((o) => o + order.length)]),
  }));
const recurrent: readonly Bug[] = [
  bug('LSTM', 'lstm: gates in the order ifco', reordered([0, 2, 3, 1])),
  bug('LSTM', 'lstm: gates in the order iofc read as ifoc', reordered([0, 2, 1, 3])),
  bug(
    'LSTM',
    'lstm: 1 added to the forget gate',
    inputs((k) => ({ x3: k.x(3).map((v, i) => (i >= 22 && i < 33 ? v + 1 : v)) })),
  ),
  bug(
    'LSTM',
    'lstm: hidden state not carried',
    inputs((k) => ({ x2: times(k.x(2), 0) })),
  ),
  bug(
    'LSTM',
    'lstm: recurrent bias missing',
    inputs((k) => ({ x3: zeroed(k.x(3), (i) => i >= 44) })),
  ),
  bug(
    'LSTM',
    'lstm: input bias twice',
    inputs((k) => ({ x3: k.x(3).map((v, i) => (i < 44 ? 2 * v : v)) })),
  ),
  bug(
    'LSTM',
    'lstm: time reversed',
    inputs((k) => ({ x0: blocks(k.x(0), 5, [4, 3, 2, 1, 0]) })),
  ),
  bug('GRU', 'gru: reset after the product', attributes({ linear_before_reset: int(1) })),
  bug('GRU', 'gru: gates z and r exchanged', reordered([1, 0, 2])),
  bug(
    'GRU',
    'gru: 1 − z for z',
    inputs((k) => ({
      x1: k.x(1).map((v, i) => (i < 77 ? -v : v)),
      x2: k.x(2).map((v, i) => (i < 121 ? -v : v)),
      x3: k.x(3).map((v, i) => (i % 33 < 11 ? -v : v)),
    })),
  ),
  bug(
    'GRU',
    'gru: recurrent bias missing',
    inputs((k) => ({ x3: zeroed(k.x(3), (i) => i >= 33) })),
  ),
];

export const FORWARD_BUGS: readonly Bug[] = [...products, ...norms, ...losses, ...pointwise, ...recurrent];
