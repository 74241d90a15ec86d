import { float, int, ints, Maker, type Net, text } from '../maker.ts';

/** Regression with a loss that is square near zero and straight beyond. */
export function regression(): Net {
  const m = new Maker('regression', 18);
  const x = m.floats('x', [7, 5]);
  const a = m.node('Selu', [m.gemm(x, 'fc1', 5, 11)]);
  const b = m.node('Mish', [m.gemm(a, 'fc2', 11, 6)]);
  const y = m.gemm(m.node('Softsign', [b]), 'fc3', 6, 2);
  const error = m.node('Sub', [y, m.floats('wanted', [7, 2], 1.5)]);
  const size = m.node('Abs', [error]);
  const square = m.node('Mul', [m.constant(0.5), m.node('Mul', [error, error])]);
  const straight = m.node('Sub', [size, m.constant(0.5)]);
  m.mean(m.node('Where', [m.node('Less', [size, m.constant(1)]), square, straight]));
  return m.net('loss');
}

/** Products in every form: transposed on either side, scaled, without a bias, written out. */
export function products(): Net {
  const m = new Maker('products', 11);
  const x = m.floats('x', [5, 7]);
  const a = m.node('Gemm', [x, m.weight('a.weight', [5, 6], 0.4), m.weight('a.bias', [7, 1], 0.4)], {
    transA: int(1),
    alpha: float(0.5),
    beta: float(2),
  });
  const b = m.node(
    'ThresholdedRelu',
    [
      m.node('Gemm', [a, m.weight('b.weight', [9, 6], 0.4), m.weight('b.bias', [9], 0.4)], {
        transB: int(1),
        beta: float(0.5),
      }),
    ],
    { alpha: float(0.1) },
  );
  const c = m.node('Elu', [m.linear(b, 'c', 9, 5)], { alpha: float(1.3) });
  const d = m.node('MatMul', [c, m.weight('d.weight', [5, 4], 0.5)]);
  const soft = m.node('LogSoftmax', [d], { axis: int(1) });
  const smooth = m.constant(
    Array.from({ length: 28 }, (_, i) => (i % 4 === (3 * Math.floor(i / 4)) % 4 ? 0.925 : 0.025)),
    'float32',
    [7, 4],
  );
  const picked = m.node('ReduceSum', [m.node('Mul', [smooth, soft])], { axes: ints(-1), keepdims: int(0) });
  m.mean(m.node('Neg', [picked]));
  return m.net('loss');
}

/** Experts mixed by a softmax; two outputs and no loss: recorded gradients start the backward pass. */
export function experts(): Net {
  const m = new Maker('experts', 17);
  const x = m.floats('x', [5, 6]);
  const gate = m.node('Softmax', [m.gemm(x, 'gate', 6, 3)], { axis: int(-1) });
  const wide = m.reshape(m.gemm(x, 'experts', 6, 12), 5, 3, 4);
  const weighed = m.node('Mul', [wide, m.node('Unsqueeze', [gate, m.constant([2], 'int64')])]);
  const mixed = m.node('ReduceSum', [weighed, m.constant([1], 'int64')], { keepdims: int(0) });
  const top = m.node('ReduceMax', [mixed], { axes: ints(1), keepdims: int(1) });
  const out = m.node('LpNormalization', [m.linear(mixed, 'out', 4, 5)], { axis: int(1), p: int(2) });
  return m.net(null, out, top);
}

/** A network whose whole graph is pools and pads of unusual kinds. */
export function pools(): Net {
  const m = new Maker('pools', 19);
  const x = m.conv(
    m.node('Pad', [m.floats('x', [2, 3, 9, 8]), m.constant([0, 0, 1, 2, 0, 0, 1, 1], 'int64')], {
      mode: text('reflect'),
    }),
    'c1',
    [5, 3, 3, 3],
  );
  const a = m.node('AveragePool', [x], {
    kernel_shape: ints(3, 2),
    strides: ints(2, 1),
    pads: ints(1, 0, 1, 1),
    count_include_pad: int(1),
  });
  const b = m.node('MaxPool', [m.node('PRelu', [a, m.weight('slope', [1], 0, 0.3)])], {
    kernel_shape: ints(2, 2),
    dilations: ints(2, 1),
    strides: ints(1, 2),
  });
  const c = m.node('LpPool', [b], { kernel_shape: ints(2, 2), p: int(2) });
  const flat = m.node('Flatten', [m.node('ReduceMax', [m.conv(c, 'c2', [4, 5, 1, 2]), m.constant([2, 3], 'int64')])]);
  const y = m.node('Sigmoid', [m.gemm(flat, 'head', 4, 1)]);
  const wanted = m.constant([0, 1], 'float32', [2, 1]);
  const difference = m.node('Sub', [y, wanted]);
  m.node('ReduceSum', [m.node('Mul', [difference, difference])], { keepdims: int(0) }, { outputNames: ['loss'] });
  return m.net('loss');
}
