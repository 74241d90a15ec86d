import { int, ints, type Input, type Plan } from './cases.ts';
import * as w from './layers.ts';
import { morePlans } from './more-plans.ts';
import { n, plan, u } from './plan.ts';
import * as r from './recurrent.ts';

const tails = u([3, 41], -25, 25);

const LABELS = [3, 0, 10, 7, 1];

const products: readonly Plan[] = [
  ...([1, 7, 64, 1024, 4099] as const).flatMap((k) => [
    plan(`MatMul K=${k}`, 'MatMul', [n([5, k]), n([k, 3])], w.matmul),
    plan(`MatMul K=${k} positive`, 'MatMul', [u([5, k], 0, 1), u([k, 3], 0, 1)], w.matmul),
  ]),
  plan('MatMul K=16384', 'MatMul', [n([2, 16384]), n([16384, 2])], w.matmul),
  plan('MatMul K=16384 positive', 'MatMul', [u([2, 16384], 0, 1), u([16384, 2], 0, 1)], w.matmul),
  plan('MatMul mean 3', 'MatMul', [n([5, 1024], 3), n([1024, 3], 3)], w.matmul),
  plan('MatMul one element', 'MatMul', [n([1, 64]), n([64, 1])], w.matmul),
  plan('MatMul large', 'MatMul', [n([5, 64], 0, 1e15), n([64, 3], 0, 1e15)], w.matmul),
  plan('Gemm', 'Gemm', [n([7, 129]), n([11, 129], 0, 0.1), n([11])], w.linear, { transB: int(1) }),
  plan('Gemm bias 100', 'Gemm', [n([7, 129]), n([11, 129], 0, 0.1), n([11], 100)], w.linear, { transB: int(1) }),
  plan('Conv 3x3', 'Conv', [n([2, 5, 7, 11]), n([3, 5, 3, 3], 0, 0.2), n([3])], w.conv(1, 1), {
    pads: ints(1, 1, 1, 1),
  }),
  plan('Conv 3x3 C=64', 'Conv', [n([1, 64, 5, 7]), n([3, 64, 3, 3], 0, 0.1)], w.conv(1, 0)),
  plan('Conv 5x5 stride 2', 'Conv', [n([2, 3, 11, 13]), n([5, 3, 5, 5], 0, 0.2), n([5])], w.conv(2, 2), {
    pads: ints(2, 2, 2, 2),
    strides: ints(2, 2),
  }),
  plan('Conv 1x1 C=512', 'Conv', [n([1, 512, 3, 5]), n([7, 512, 1, 1], 0, 0.1)], w.conv(1, 0)),
  plan('Conv positive', 'Conv', [u([1, 16, 7, 11], 0, 1), u([3, 16, 3, 3], 0, 1)], w.conv(1, 0)),
  plan('Conv depthwise', 'Conv', [n([2, 6, 7, 5]), n([6, 1, 3, 3]), n([6])], w.conv(1, 1, 6), {
    pads: ints(1, 1, 1, 1),
    group: int(6),
  }),
  plan('Conv groups', 'Conv', [n([2, 6, 7, 5]), n([4, 3, 3, 3]), n([4])], w.conv(1, 1, 2), {
    pads: ints(1, 1, 1, 1),
    group: int(2),
  }),
  plan('Conv one element', 'Conv', [n([1, 3, 5, 5]), n([1, 3, 5, 5])], w.conv(1, 0)),
];

const channels: readonly Input[] = [n([5], 1, 0.3), n([5])];
const norms: readonly Plan[] = [0, 100, 1000].flatMap((mean) => [
  plan(
    `LayerNormalization mean ${mean}`,
    'LayerNormalization',
    [n([11, 67], mean), n([67], 1, 0.3), n([67])],
    w.layerNorm(1e-5),
  ),
  plan(
    `InstanceNormalization mean ${mean}`,
    'InstanceNormalization',
    [n([3, 5, 7, 11], mean), ...channels],
    w.groupNorm(Math.fround(1e-5)),
  ),
  plan(
    `GroupNormalization mean ${mean}`,
    'GroupNormalization',
    [n([3, 6, 7, 5], mean), n([6], 1, 0.3), n([6])],
    w.groupNorm(Math.fround(1e-5), 3),
    { num_groups: int(3) },
  ),
  plan(
    `BatchNormalization mean ${mean}`,
    'BatchNormalization',
    [n([3, 5, 7, 11], mean), ...channels, n([5], mean), u([5], 0.5, 2)],
    w.batchNorm(Math.fround(1e-5)),
  ),
  plan(
    `RMSNormalization mean ${mean}`,
    'RMSNormalization',
    [n([11, 67], mean), n([67], 1, 0.3)],
    w.rmsNorm(Math.fround(1e-5)),
    { axis: int(-1) },
    23,
  ),
]);
const rest: readonly Plan[] = [
  plan('LayerNormalization one row', 'LayerNormalization', [n([1, 3]), n([3], 1, 0.3), n([3])], w.layerNorm(1e-5)),
  plan(
    'LayerNormalization 4096',
    'LayerNormalization',
    [n([2, 4096], 3), n([4096], 1, 0.3), n([4096])],
    w.layerNorm(1e-5),
  ),
  plan(
    'LayerNormalization tiny variance',
    'LayerNormalization',
    [n([7, 31], 0, 1e-3), n([31], 1, 0.3), n([31])],
    w.layerNorm(1e-5),
  ),
  plan('Softmax', 'Softmax', [n([7, 129], 0, 3)], w.softmax),
  plan('Softmax logits 30', 'Softmax', [n([7, 129], 0, 30)], w.softmax),
  plan('Softmax offset 1000', 'Softmax', [n([7, 11], 1000, 1)], w.softmax),
  plan('LogSoftmax', 'LogSoftmax', [n([7, 129], 0, 3)], w.logSoftmax),
  plan('CrossEntropy', 'SoftmaxCrossEntropyLoss', [n([5, 11], 0, 2), { whole: LABELS }], w.crossEntropy(LABELS)),
  plan('CrossEntropy sure', 'SoftmaxCrossEntropyLoss', [n([5, 11], 0, 30), { whole: LABELS }], w.crossEntropy(LABELS)),
  {
    name: 'MeanSquare',
    opset: 21,
    inputs: [n([7, 31]), n([7, 31])],
    written: w.meanSquare,
    build: (b, [x, y]) => {
      const d = b.node('Sub', [x!, y!]);
      return b.node('ReduceMean', [b.node('Mul', [d, d])], { keepdims: int(0) }, { name: 'layer', outputNames: ['y'] });
    },
  },
  {
    name: 'BinaryCrossEntropy',
    opset: 21,
    inputs: [n([7, 31], 0, 3), u([7, 31], 0, 1)],
    written: w.binaryCrossEntropy,
    build: (b, [x, y]) => {
      const d = b.node('Sub', [b.node('Softplus', [x!]), b.node('Mul', [x!, y!])]);
      return b.node('ReduceMean', [d], { keepdims: int(0) }, { name: 'layer', outputNames: ['y'] });
    },
  },
  plan('ReduceSum 65536', 'ReduceSum', [n([65536])], w.sum),
  plan('ReduceSum 65536 positive', 'ReduceSum', [u([65536], 0, 1)], w.sum),
  plan('ReduceMean 65536 mean 3', 'ReduceMean', [n([65536], 3)], w.mean),
  plan('ReduceL2 16384', 'ReduceL2', [n([16384])], w.norm),
  plan('ReduceSum tiny', 'ReduceSum', [n([3])], w.sum),
  plan('Sigmoid', 'Sigmoid', [n([3, 41])], w.sigmoid),
  plan('Sigmoid tails', 'Sigmoid', [tails], w.sigmoid),
  plan('Sigmoid one element', 'Sigmoid', [n([1])], w.sigmoid),
  plan('Tanh', 'Tanh', [n([3, 41])], w.tanh),
  plan('Tanh tails', 'Tanh', [tails], w.tanh),
  plan('Tanh small', 'Tanh', [n([3, 41], 0, 1e-3)], w.tanh),
  plan('Erf', 'Erf', [n([3, 41])], w.erf),
  plan('Gelu', 'Gelu', [n([3, 41])], w.gelu),
  plan('Gelu tails', 'Gelu', [u([3, 41], -6, 6)], w.gelu),
  plan('Softplus tails', 'Softplus', [tails], w.softplus),
  plan(
    'Elu',
    'Elu',
    [n([3, 41])],
    w.pointwise(
      (x) => (x > 0 ? x : Math.expm1(x)),
      (x) => (x > 0 ? 1 : Math.exp(x)),
    ),
  ),
  plan(
    'Relu',
    'Relu',
    [n([3, 41])],
    w.pointwise(
      (x) => Math.max(x, 0),
      (x) => (x > 0 ? 1 : 0),
    ),
  ),
  plan(
    'LeakyRelu',
    'LeakyRelu',
    [n([3, 41])],
    w.pointwise(
      (x) => (x > 0 ? x : Math.fround(0.01) * x),
      (x) => (x > 0 ? 1 : Math.fround(0.01)),
    ),
  ),
  plan('Exp', 'Exp', [n([3, 41], 0, 5)], w.exp),
  plan('Log', 'Log', [u([3, 41], 0.5, 1.5)], w.log),
  plan(
    'Sqrt',
    'Sqrt',
    [u([3, 41], 1e-6, 4)],
    w.pointwise(Math.sqrt, (_, y) => 0.5 / y),
  ),
  plan('Add cancelling', 'Add', [n([5, 7], 1000, 1e-3), n([5, 7], -1000, 1e-3)], (t, a, b) => t.add(a, b!)),
  plan('Add broadcast', 'Add', [n([3, 5, 7]), n([7])], (t, a, b) => t.add(a, b!)),
  plan('Mul large', 'Mul', [n([5, 7], 0, 1e18), n([5, 7], 0, 1e18)], (t, a, b) => t.mul(a, b!)),
  plan('Mul small', 'Mul', [n([5, 7], 0, 1e-18), n([5, 7], 0, 1e-18)], (t, a, b) => t.mul(a, b!)),
  plan('Div', 'Div', [n([5, 7]), u([5, 7], 0.1, 2)], (t, a, b) => t.div(a, b!)),
  plan('Mul one element', 'Mul', [n([1]), n([1])], (t, a, b) => t.mul(a, b!)),
  plan('AveragePool', 'AveragePool', [n([2, 3, 8, 10])], w.averagePool(2), {
    kernel_shape: ints(2, 2),
    strides: ints(2, 2),
  }),
  plan('GlobalAveragePool', 'GlobalAveragePool', [n([3, 5, 14, 14], 3)], w.globalAverage),
  plan('MaxPool', 'MaxPool', [n([2, 3, 8, 10])], null, { kernel_shape: ints(2, 2), strides: ints(2, 2) }),
  plan('Gather', 'Gather', [n([11, 7]), { whole: [3, 0, 3, 10, 3, 7] }], w.lookUp([3, 0, 3, 10, 3, 7])),
  plan('LSTM', 'LSTM', [n([5, 3, 7]), n([1, 44, 7], 0, 0.4), n([1, 44, 11], 0, 0.4), n([1, 88], 0, 0.4)], r.lstm, {
    hidden_size: int(11),
  }),
  plan('GRU', 'GRU', [n([5, 3, 7]), n([1, 33, 7], 0, 0.4), n([1, 33, 11], 0, 0.4), n([1, 66], 0, 0.4)], r.gru, {
    hidden_size: int(11),
  }),
];

/** Every case, before its numbers are drawn. */
export const PLANS: readonly Plan[] = [...products, ...norms, ...rest, ...morePlans];
