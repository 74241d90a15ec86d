import { trial } from './_named.ts';
import type { Case } from './_spatial-cases.ts';
import { float, floats, int, ints, random, text, texts, type Trial, value } from './_vjp-laws.ts';

type Attributes = NonNullable<Trial['attributes']>;

const none = value('float32', [0], []);
const scales = (...list: number[]) => value('float32', [list.length], list.map(Math.fround));
const transformations = ['half_pixel', 'half_pixel_symmetric', 'pytorch_half_pixel', 'align_corners', 'asymmetric'];
export const resized: readonly Case[] = transformations.flatMap((transformation) =>
  ['nearest', 'linear', 'cubic'].flatMap((mode) =>
    [scales(1, 1, 1.7, 2.3), scales(1, 1, 0.6, 0.4)].map((factors, i): Case => {
      const attributes = { mode: text(mode), coordinate_transformation_mode: text(transformation) };
      return [
        `Resize ${mode} ${transformation} ${i ? 'down' : 'up'}`,
        trial('Resize', [random([1, 2, 5, 7], 1), none, factors], { attributes }),
      ];
    }),
  ),
);
export const otherResizes: readonly Case[] = [
  [
    'Resize cubic, exclude_outside',
    trial('Resize', [random([1, 2, 5, 7], 1), none, scales(1, 1, 1.7, 0.6)], {
      attributes: { mode: text('cubic'), exclude_outside: int(1), cubic_coeff_a: float(-0.5) },
    }),
  ],
  [
    'Resize linear, antialias',
    trial('Resize', [random([1, 2, 9, 11], 1), none, scales(1, 1, 0.35, 0.6)], {
      attributes: { mode: text('linear'), antialias: int(1) },
    }),
  ],
  [
    'Resize cubic, antialias',
    trial('Resize', [random([1, 2, 9, 11], 1), none, scales(1, 1, 0.35, 0.6)], {
      attributes: { mode: text('cubic'), antialias: int(1), exclude_outside: int(1) },
    }),
  ],
  [
    'Resize to sizes',
    trial('Resize', [random([1, 2, 6, 7], 1), none, none, value('int64', [4], [1, 2, 22, 5])], {
      attributes: {
        mode: text('nearest'),
        nearest_mode: text('floor'),
        coordinate_transformation_mode: text('asymmetric'),
      },
    }),
  ],
  [
    'Resize tf_crop_and_resize',
    trial(
      'Resize',
      [
        random([1, 1, 5, 6], 1),
        value('float32', [8], [0, 0, -0.3, 0.2, 1, 1, 0.8, 1.4]),
        none,
        value('int64', [4], [1, 1, 4, 5]),
      ],
      {
        attributes: {
          mode: text('linear'),
          coordinate_transformation_mode: text('tf_crop_and_resize'),
          extrapolation_value: float(7),
        },
      },
    ),
  ],
  ['Resize of opset 10', trial('Resize', [random([1, 1, 5, 6], 1), scales(1, 1, 0.6, 2)], { opset: 10 })],
  [
    'Upsample of opset 9',
    trial('Upsample', [random([1, 1, 5, 6], 1), scales(1, 1, 3, 2)], {
      opset: 9,
      attributes: { mode: text('linear') },
    }),
  ],
];

export const sampled: readonly Case[] = ['linear', 'cubic', 'nearest'].flatMap((mode) =>
  ['zeros', 'border', 'reflection'].flatMap((padding) =>
    [0, 1].map((align): Case => {
      const attributes = { mode: text(mode), padding_mode: text(padding), align_corners: int(align) };
      return [
        `GridSample ${mode} ${padding} ${align}`,
        trial('GridSample', [random([2, 2, 5, 3], 1), random([2, 3, 4, 2], 2, -1.9, 1.9)], { attributes }),
      ];
    }),
  ),
);

/** A recurrent node with every input. */
function recurrent(
  op: 'RNN' | 'GRU' | 'LSTM',
  attributes: Attributes,
  directions = 1,
  lengths?: readonly number[],
  peepholes = true,
): Trial {
  const [steps, batch, size, hidden] = [5, 3, 4, 3];
  const gates = { RNN: 1, GRU: 3, LSTM: 4 }[op];
  const cell = op === 'LSTM';
  const inputs = [
    random([steps, batch, size], 1),
    random([directions, gates * hidden, size], 2),
    random([directions, gates * hidden, hidden], 3),
    random([directions, 2 * gates * hidden], 4),
    lengths ? value('int32', [batch], lengths) : undefined,
    random([directions, batch, hidden], 5),
    ...(cell
      ? [random([directions, batch, hidden], 6), peepholes ? random([directions, 3 * hidden], 7) : undefined]
      : []),
  ];
  const direction = text(directions === 2 ? 'bidirectional' : 'forward');
  return trial(op, inputs, {
    attributes: { hidden_size: int(hidden), direction, ...attributes },
    outputs: cell ? 3 : 2,
  });
}

export const recurrents: readonly Case[] = [
  ...(['RNN', 'GRU', 'LSTM'] as const).flatMap((op): Case[] => [
    [`${op}`, recurrent(op, {})],
    [`${op} backwards, of several lengths`, recurrent(op, { direction: text('reverse') }, 1, [5, 2, 4])],
    [`${op} in both directions, of several lengths`, recurrent(op, {}, 2, [3, 5, 1])],
    [`${op} with a clip`, recurrent(op, { clip: float(0.4) })],
  ]),
  ['GRU, linear before reset', recurrent('GRU', { linear_before_reset: int(1) }, 2, [3, 5, 1])],
  ['GRU, linear before reset, with a clip', recurrent('GRU', { linear_before_reset: int(1), clip: float(0.4) })],
  ['LSTM coupled', recurrent('LSTM', { input_forget: int(1) })],
  ['LSTM coupled, without peepholes', recurrent('LSTM', { input_forget: int(1) }, 1, undefined, false)],
  ...['Relu', 'Affine', 'LeakyRelu', 'ThresholdedRelu', 'ScaledTanh', 'HardSigmoid', 'Elu', 'Softsign', 'Softplus'].map(
    (name): Case => {
      const given = { activations: texts(name), activation_alpha: floats(0.3), activation_beta: floats(0.7) };
      return [`RNN with ${name}`, recurrent('RNN', given)];
    },
  ),
  ['LSTM with functions of its own', recurrent('LSTM', { activations: texts('HardSigmoid', 'Softsign', 'Relu') }, 1)],
];

export const losses: readonly Case[] = ['none', 'sum', 'mean'].flatMap((reduction) =>
  (['SoftmaxCrossEntropyLoss', 'NegativeLogLikelihoodLoss'] as const).map((op): Case => {
    const labels = value('int64', [5, 2], [0, 1, 2, 2, 1, 0, 0, 1, 2, 0]);
    const attributes = { reduction: text(reduction), ignore_index: int(1) };
    return [
      `${op} ${reduction}`,
      trial(op, [random([5, 3, 2], 1), labels, random([3], 2, 0.2, 2)], {
        attributes,
        outputs: op.startsWith('S') ? 2 : 1,
      }),
    ];
  }),
);

export const spectral: readonly Case[] = [
  [
    'DFT',
    trial('DFT', [random([2, 7, 3, 2], 1), value('int64', [], [9]), value('int64', [], [1])], {
      attributes: { inverse: int(1) },
    }),
  ],
  ['DFT, one-sided', trial('DFT', [random([2, 7, 1], 1)], { attributes: { onesided: int(1) } })],
  ['STFT', trial('STFT', [random([2, 11, 1], 1), value('int64', [], [3]), random([5], 2)])],
  [
    'MelWeightMatrix',
    trial('MelWeightMatrix', [
      value('int64', [], [8]),
      value('int64', [], [64]),
      value('int64', [], [8192]),
      value('float32', [], [100]),
      value('float32', [], [4000]),
    ]),
  ],
];

export const quantised: readonly Case[] = [
  [
    'QuantizeLinear',
    trial('QuantizeLinear', [random([3, 5], 1, -9, 9), random([5], 2, 0.1, 0.3), value('int8', [5], [1, -2, 3, 0, 5])]),
  ],
  ['DynamicQuantizeLinear', trial('DynamicQuantizeLinear', [random([3, 5], 1, -2, 9)], { outputs: 3 })],
  [
    'DequantizeLinear in blocks',
    trial(
      'DequantizeLinear',
      [
        value('int8', [4, 2], [1, -2, 3, 0, 5, 6, 7, 8]),
        random([2, 2], 2, 0.1, 0.3),
        value('int8', [2, 2], [1, 2, 3, 4]),
      ],
      { attributes: { axis: int(0), block_size: int(2) } },
    ),
  ],
  [
    'ConvInteger',
    trial(
      'ConvInteger',
      [
        value('uint8', [1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        value('uint8', [1, 1, 2, 2], [3, 1, 0, 2]),
        value('uint8', [], [2]),
      ],
      { attributes: { pads: ints(1, 0, 0, 1) } },
    ),
  ],
];
