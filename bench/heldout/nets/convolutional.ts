import { float, int, ints, Maker, type Net, text } from '../maker.ts';

/** Dilated causal convolutions over a series, gates, skips; a squared error. */
export function wavenet(): Net {
  const m = new Maker('wavenet', 13);
  let x = m.conv(m.floats('wave', [2, 1, 19]), 'in', [5, 1, 1]);
  const skips: string[] = [];
  for (const [i, dilation] of [1, 2, 4].entries()) {
    const late = (name: string): string => {
      const padded = m.node('Pad', [x, m.constant([0, 0, 2 * dilation, 0, 0, 0], 'int64')]);
      return m.conv(padded, name, [5, 5, 3], { dilations: ints(dilation) });
    };
    const gated = m.node('Mul', [m.node('Tanh', [late(`filter${i}`)]), m.node('Sigmoid', [late(`gate${i}`)])]);
    skips.push(m.conv(gated, `skip${i}`, [7, 5, 1]));
    x = m.node('Add', [x, m.conv(gated, `res${i}`, [5, 5, 1])]);
  }
  const sum = m.node('Relu', [m.node('Sum', skips)]);
  const difference = m.node('Sub', [m.conv(sum, 'out', [1, 7, 1]), m.floats('wanted', [2, 1, 19])]);
  m.mean(m.node('Pow', [difference, m.constant(2)]));
  return m.net('loss');
}

/** Three-dimensional convolutions, running statistics, weighted classes. */
export function volume(): Net {
  const m = new Maker('volume', 15);
  const x = m.conv(m.floats('scan', [2, 2, 5, 6, 7]), 'conv1', [5, 2, 3, 3, 2], { pads: ints(1, 1, 0, 1, 1, 1) });
  const act = m.node('Elu', [m.batchNorm(x, 'bn1', 5)], { alpha: float(0.7) });
  const pooled = m.node('MaxPool', [act], { kernel_shape: ints(2, 2, 2), strides: ints(2, 2, 2) });
  const y = m.node('Selu', [m.conv(pooled, 'conv2', [7, 5, 2, 2, 2], { strides: ints(1, 1, 2) })]);
  const flat = m.node('Flatten', [m.node('GlobalAveragePool', [y])]);
  m.crossEntropy(m.gemm(flat, 'head', 7, 5), [2], 5, {}, m.positive('classes', [5]));
  return m.net('loss');
}

/** Depthwise 7×7, a norm over channels last, GELU as an operator, scaled layers. */
export function convnext(): Net {
  const m = new Maker('convnext', 20);
  const x = m.conv(m.floats('image', [2, 3, 14, 13]), 'stem', [6, 3, 2, 2], { strides: ints(2, 2) });
  const wide = m.conv(x, 'dw', [6, 1, 7, 7], { group: int(6), pads: ints(3, 3, 3, 3) });
  const normed = m.layerNorm(m.transpose(wide, 0, 2, 3, 1), 'norm', 6, 1e-6);
  const hidden = m.node('Gelu', [m.linear(normed, 'pw1', 6, 11)]);
  const scaled = m.node('Mul', [m.weight('gamma', [6], 0.3, 0.5), m.linear(hidden, 'pw2', 11, 6)]);
  const y = m.node('Add', [x, m.transpose(scaled, 0, 3, 1, 2)]);
  const pooled = m.node('ReduceMean', [y, m.constant([2, 3], 'int64')], { keepdims: int(0) });
  m.crossEntropy(m.gemm(m.layerNorm(pooled, 'norm2', 6, 1e-6), 'head', 6, 5), [2], 5);
  return m.net('loss');
}

/** Branches side by side, pools with padding, normalisation across channels. */
export function inception(): Net {
  const m = new Maker('inception', 12);
  const image = m.floats('image', [2, 3, 11, 10]);
  const stem = m.node(
    'LRN',
    [m.node('Relu', [m.conv(image, 'stem', [5, 3, 5, 3], { pads: ints(2, 1, 2, 1), strides: ints(2, 1) })])],
    { size: int(3), alpha: float(0.3), bias: float(1.5) },
  );
  const a = m.node('Relu', [m.conv(stem, 'a', [3, 5, 1, 1])]);
  const b = m.node('Relu', [
    m.conv(m.node('Relu', [m.conv(stem, 'b1', [4, 5, 1, 1])]), 'b2', [5, 4, 3, 3], { pads: ints(1, 1, 1, 1) }),
  ]);
  const c = m.node('Relu', [
    m.conv(m.conv(stem, 'c1', [2, 5, 1, 1]), 'c2', [3, 2, 5, 5], { auto_pad: text('SAME_UPPER') }),
  ]);
  const pool = m.node('AveragePool', [stem], { kernel_shape: ints(3, 3), strides: ints(1, 1), pads: ints(1, 1, 1, 1) });
  const d = m.node('Relu', [m.conv(pool, 'd', [2, 5, 1, 1])]);
  const joined = m.node('Concat', [a, b, c, d], { axis: int(1) });
  const small = m.node('MaxPool', [joined], { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) });
  m.crossEntropy(m.gemm(m.node('Flatten', [small]), 'head', 13 * 15, 6), [2], 6);
  return m.net('loss');
}

/** Dense blocks in training: norm, activation, convolution, everything kept. */
export function densenet(): Net {
  const m = new Maker('densenet', 15);
  let x = m.conv(m.floats('image', [3, 2, 8, 7]), 'stem', [5, 2, 3, 3], { pads: ints(1, 1, 1, 1) });
  for (const [i, channels] of [5, 8].entries()) {
    const act = m.node('Relu', [m.batchNorm(x, `bn${i}`, channels, true)]);
    const grown = m.conv(act, `conv${i}`, [3, channels, 3, 3], { pads: ints(1, 1, 1, 1) });
    x = m.node('Concat', [x, grown], { axis: int(1) });
  }
  const down = m.node('AveragePool', [m.conv(x, 'transition', [7, 11, 1, 1])], {
    kernel_shape: ints(2, 2),
    strides: ints(2, 2),
  });
  const pooled = m.node('Flatten', [m.node('GlobalMaxPool', [m.node('LeakyRelu', [down], { alpha: float(0.2) })])]);
  m.crossEntropy(m.gemm(pooled, 'head', 7, 5), [3], 5);
  return m.net('loss');
}

/** Groups, a shuffle of channels, depthwise, squeeze and excitation, hard activations. */
export function shufflenet(): Net {
  const m = new Maker('shufflenet', 14);
  const image = m.floats('image', [2, 3, 9, 8]);
  const stem = m.node('HardSwish', [
    m.batchNorm(m.conv(image, 'stem', [6, 3, 3, 3], { strides: ints(2, 2), pads: ints(1, 1, 1, 1) }), 'bn0', 6),
  ]);
  const [left, right] = m.b.nodes('Split', [stem, m.constant([2, 4], 'int64')], { axis: int(1) }, { outputs: 2 }) as [
    string,
    string,
  ];
  const grouped = m.conv(right, 'group', [6, 2, 1, 1], { group: int(2) });
  const shuffled = m.reshape(m.transpose(m.reshape(grouped, 2, 2, 3, 5, 4), 0, 2, 1, 3, 4), 2, 6, 5, 4);
  const depth = m.conv(shuffled, 'depth', [6, 1, 3, 3], { group: int(6), pads: ints(1, 1, 1, 1) });
  const squeezed = m.node('ReduceMean', [depth], { axes: ints(2, 3), keepdims: int(1) });
  const gate = m.node(
    'HardSigmoid',
    [m.conv(m.node('Relu', [m.conv(squeezed, 'se1', [3, 6, 1, 1])]), 'se2', [6, 3, 1, 1])],
    { alpha: float(1 / 6) },
  );
  const joined = m.node('Concat', [left, m.node('Mul', [depth, gate])], { axis: int(1) });
  const pooled = m.node('Flatten', [
    m.node('GlobalAveragePool', [m.node('Clip', [joined, m.constant(0), m.constant(6)])]),
  ]);
  m.crossEntropy(m.gemm(m.node('Dropout', [pooled]), 'head', 8, 5), [2], 5);
  return m.net('loss');
}

/** A small network in the oldest opset: attributes where inputs are now, softmax and cross-entropy by hand. */
export function veteran(): Net {
  const m = new Maker('veteran', 9);
  const x = m.conv(m.floats('image', [3, 2, 9, 9]), 'conv1', [5, 2, 3, 3], {
    strides: ints(2, 2),
    auto_pad: text('SAME_UPPER'),
  });
  const act = m.node('Clip', [m.batchNorm(x, 'bn', 5)], { min: float(0), max: float(6) });
  const pooled = m.node('MaxPool', [act], { kernel_shape: ints(2, 2), strides: ints(1, 1) });
  const flat = m.node('Flatten', [m.node('Softplus', [m.conv(pooled, 'conv2', [4, 5, 2, 3])])]);
  const logits = m.node('Gemm', [flat, m.weight('fc.weight', [24, 5], 0.3), m.weight('fc.bias', [5], 0.4)]);
  const log = m.node('Log', [m.node('Softmax', [logits], { axis: int(1) })]);
  const hot = m.constant([0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0], 'float32', [3, 5]);
  const picked = m.node('ReduceSum', [m.node('Mul', [hot, log])], { axes: ints(1), keepdims: int(0) });
  m.mean(m.node('Neg', [picked]));
  return m.net('loss');
}
