import { float, int, ints, Maker, type Net, text } from '../maker.ts';
import { fromNumbers } from '../../../harness/tensor.ts';

/** Larger images: parametric slopes, a shuffle of pixels, a transposed convolution, a resized skip; absolute error. */
export function superResolution(): Net {
  const m = new Maker('super-resolution', 13);
  const image = m.floats('image', [2, 3, 5, 6]);
  const x = m.node('PRelu', [
    m.conv(image, 'conv1', [8, 3, 3, 3], { pads: ints(1, 1, 1, 1) }),
    m.weight('slope', [8, 1, 1], 0.1, 0.25),
  ]);
  const shuffled = m.node('DepthToSpace', [m.conv(x, 'conv2', [12, 8, 3, 3], { pads: ints(1, 1, 1, 1) })], {
    blocksize: int(2),
    mode: text('CRD'),
  });
  const other = m.node('ConvTranspose', [x, m.weight('up.weight', [8, 3, 3, 3], 0.2), m.weight('up.bias', [3], 0.3)], {
    strides: ints(2, 2),
    pads: ints(1, 1, 1, 1),
    output_padding: ints(1, 1),
  });
  const skip = m.node('Resize', [image, '', m.constant([1, 1, 2, 2])], {
    mode: text('linear'),
    coordinate_transformation_mode: text('half_pixel'),
  });
  const all = m.node('Add', [m.node('Add', [shuffled, other]), skip]);
  m.mean(m.node('Abs', [m.node('Sub', [all, m.floats('wanted', [2, 3, 10, 12])])]));
  return m.net('loss');
}

/** A class for each pixel: instance and group norm, aligned corners, an ignored class. */
export function segmentation(): Net {
  const m = new Maker('segmentation', 21);
  const image = m.floats('image', [2, 3, 9, 10]);
  const x = m.conv(image, 'conv1', [6, 3, 3, 3], { strides: ints(2, 2), pads: ints(1, 1, 1, 1) });
  const normed = m.node('InstanceNormalization', [x, m.weight('in.scale', [6], 0.3, 1), m.weight('in.bias', [6], 0.3)]);
  const y = m.conv(m.node('LeakyRelu', [normed], { alpha: float(0.1) }), 'conv2', [6, 6, 3, 3], {
    pads: ints(2, 2, 2, 2),
    dilations: ints(2, 2),
  });
  const grouped = m.node('GroupNormalization', [y, m.weight('gn.scale', [6], 0.3, 1), m.weight('gn.bias', [6], 0.3)], {
    num_groups: int(3),
  });
  const mish = m.node('Mish', [grouped]);
  const up = m.node('Resize', [mish, '', '', m.constant([2, 6, 9, 10], 'int64')], {
    mode: text('linear'),
    coordinate_transformation_mode: text('align_corners'),
  });
  const joined = m.node('Concat', [image, up], { axis: int(1) });
  m.crossEntropy(
    m.conv(joined, 'head', [4, 9, 1, 1]),
    [2, 9, 10],
    4,
    { ignore_index: int(-1) },
    m.positive('classes', [4]),
  );
  return m.net('loss');
}

/** Encoder and decoder on pixels between 0 and 1; binary cross-entropy by hand. */
export function autoencoder(): Net {
  const m = new Maker('autoencoder', 13);
  const pixels = m.given(
    'pixels',
    fromNumbers(
      'float32',
      [5, 13],
      Array.from({ length: 65 }, (_, i) => ((i * 37) % 64) / 64),
    ),
  );
  const code = m.node('Softplus', [m.gemm(pixels, 'enc', 13, 6)]);
  const out = m.node('Sigmoid', [m.gemm(m.node('Tanh', [m.gemm(code, 'mid', 6, 7)]), 'dec', 7, 13)]);
  const one = m.constant(1);
  const hit = m.node('Mul', [pixels, m.node('Log', [out])]);
  const miss = m.node('Mul', [m.node('Sub', [one, pixels]), m.node('Log', [m.node('Sub', [one, out])])]);
  m.mean(m.node('Neg', [m.node('Add', [hit, miss])]));
  return m.net('loss');
}

/** Bytes in, scaled and centred; L2-normalised features against features, a learned temperature. */
export function contrastive(): Net {
  const m = new Maker('contrastive', 17);
  const bytes = m.given(
    'bytes',
    fromNumbers(
      'uint8',
      [3, 3, 6, 7],
      Array.from({ length: 378 }, (_, i) => (i * 89 + 31 * (i % 7)) % 256),
    ),
  );
  const scaled = m.node('Div', [m.node('Cast', [bytes], { to: int(1) }), m.constant(255)]);
  const centred = m.node('Div', [
    m.node('Sub', [scaled, m.constant([0.485, 0.456, 0.406], 'float32', [1, 3, 1, 1])]),
    m.constant([0.229, 0.224, 0.225], 'float32', [1, 3, 1, 1]),
  ]);
  const x = m.node('Relu', [m.conv(centred, 'conv', [5, 3, 3, 3], { pads: ints(1, 1, 1, 1) })]);
  const image = m.gemm(m.node('Flatten', [m.node('GlobalAveragePool', [x])]), 'image', 5, 6);
  const tokens = m.tokens('words', [3, 4], 9);
  const words = m.node('ReduceMean', [m.node('Gather', [m.weight('embed', [9, 6], 1), tokens])], {
    axes: ints(1),
    keepdims: int(0),
  });
  const unit = (v: string): string => m.node('Div', [v, m.node('ReduceL2', [v], { axes: ints(-1), keepdims: int(1) })]);
  const similar = m.node('MatMul', [unit(image), m.transpose(unit(words), 1, 0)]);
  const logits = m.node('Mul', [similar, m.node('Exp', [m.weight('temperature', [], 0, 1.1)])]);
  m.crossEntropy(logits, [3], 3);
  return m.net('loss');
}
