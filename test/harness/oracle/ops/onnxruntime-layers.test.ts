import { describe, expect, it } from '@jest/globals';
import { encodeModel, GraphBuilder } from '../../../../adapters/onnx/index.ts';
import { runModel } from '../../../../adapters/onnxruntime/index.ts';
import { toTensor } from '../../../../harness/oracle/index.ts';
import { toNumbers } from '../../../../harness/tensor.ts';
import { trial } from './_named.ts';
import {
  distance,
  float,
  floats,
  forward,
  int,
  ints,
  norm,
  random,
  text,
  texts,
  type Trial,
  value,
} from './_vjp-laws.ts';

type Attributes = NonNullable<Trial['attributes']>;
type Case = readonly [name: string, trial: Trial];

const [x2, x3] = [random([2, 3, 7, 8], 1), random([1, 2, 5, 4, 6], 2)];
const windows: readonly (readonly [string, Attributes])[] = [
  ['pads and strides', { kernel_shape: ints(3, 2), pads: ints(1, 0, 2, 1), strides: ints(2, 3) }],
  ['ceil_mode', { kernel_shape: ints(3, 3), strides: ints(3, 2), ceil_mode: int(1), pads: ints(1, 0, 1, 1) }],
  [
    'ceil_mode whose last window would start in the padding',
    { kernel_shape: ints(2, 2), strides: ints(3, 3), ceil_mode: int(1), pads: ints(1, 1, 1, 1) },
  ],
  ['SAME_UPPER', { kernel_shape: ints(2, 4), strides: ints(2, 3), auto_pad: text('SAME_UPPER') }],
  ['SAME_LOWER', { kernel_shape: ints(2, 4), strides: ints(2, 3), auto_pad: text('SAME_LOWER') }],
  ['dilations', { kernel_shape: ints(3, 2), dilations: ints(2, 3), pads: ints(1, 1, 1, 0) }],
];

const pools: Case[] = windows.flatMap(([name, attributes]) => [
  [`MaxPool ${name}`, trial('MaxPool', [x2], { attributes, outputs: 2 })] as const,
  [
    `MaxPool by columns, ${name}`,
    trial('MaxPool', [x2], { attributes: { ...attributes, storage_order: int(1) }, outputs: 2 }),
  ] as const,
  [`AveragePool ${name}`, trial('AveragePool', [x2], { attributes })] as const,
  [
    `AveragePool with padding, ${name}`,
    trial('AveragePool', [x2], { attributes: { ...attributes, count_include_pad: int(1) } }),
  ] as const,
  [`LpPool ${name}`, trial('LpPool', [x2], { attributes: { ...attributes, p: int(3) } })] as const,
]);

const spatial: Case[] = [
  [
    'MaxPool 3-D',
    trial('MaxPool', [x3], { attributes: { kernel_shape: ints(2, 3, 2), strides: ints(2, 1, 2) }, outputs: 2 }),
  ],
  ['GlobalMaxPool', trial('GlobalMaxPool', [x3])],
  ['GlobalAveragePool', trial('GlobalAveragePool', [x3])],
  ['GlobalLpPool', trial('GlobalLpPool', [x2], { attributes: { p: int(3) } })],
  [
    'Conv',
    trial('Conv', [random([2, 6, 7, 5], 1), random([4, 3, 3, 2], 2), random([4], 3)], {
      attributes: { group: int(2), pads: ints(1, 0, 2, 1), strides: ints(2, 1), dilations: ints(1, 2) },
    }),
  ],
  [
    'Conv 3-D, SAME_LOWER',
    trial('Conv', [x3, random([3, 2, 2, 3, 2], 2)], {
      attributes: { auto_pad: text('SAME_LOWER'), strides: ints(2, 1, 3) },
    }),
  ],
  [
    'ConvTranspose',
    trial('ConvTranspose', [random([2, 6, 4, 3], 1), random([6, 2, 3, 2], 2), random([4], 3)], {
      attributes: { group: int(2), strides: ints(3, 2), pads: ints(1, 0, 0, 1), output_padding: ints(2, 1) },
    }),
  ],
  [
    'ConvTranspose to a shape',
    trial('ConvTranspose', [random([1, 2, 3, 5], 1), random([2, 3, 3, 3], 2)], {
      attributes: { strides: ints(3, 2), output_shape: ints(10, 8) },
    }),
  ],
  [
    'ConvTranspose SAME_UPPER',
    trial('ConvTranspose', [random([1, 2, 3, 5], 1), random([2, 3, 4, 3], 2)], {
      attributes: { strides: ints(3, 2), auto_pad: text('SAME_UPPER') },
    }),
  ],
  [
    'ConvTranspose SAME_LOWER',
    trial('ConvTranspose', [random([1, 2, 3, 5], 1), random([2, 3, 4, 3], 2)], {
      attributes: { strides: ints(3, 2), auto_pad: text('SAME_LOWER') },
    }),
  ],
  [
    'DeformConv',
    trial(
      'DeformConv',
      [
        random([2, 4, 5, 7], 1),
        random([6, 2, 3, 2], 2),
        random([2, 24, 2, 8], 3, -1.7, 1.7),
        random([6], 4),
        random([2, 12, 2, 8], 5),
      ],
      {
        attributes: {
          group: int(2),
          strides: ints(2, 1),
          pads: ints(1, 1, 0, 2),
          dilations: ints(1, 2),
          offset_group: int(2),
        },
      },
    ),
  ],
  [
    'LRN',
    trial('LRN', [random([2, 6, 3, 5], 1)], {
      attributes: { size: int(3), alpha: float(0.7), beta: float(0.6), bias: float(1.3) },
    }),
  ],
  [
    'MaxUnpool',
    trial('MaxUnpool', [random([1, 1, 2, 2], 1), value('int64', [1, 1, 2, 2], [1, 7, 8, 14])], {
      attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) },
    }),
  ],
  [
    'MaxUnpool to a shape',
    trial(
      'MaxUnpool',
      [random([1, 1, 2, 2], 1), value('int64', [1, 1, 2, 2], [1, 7, 8, 24]), value('int64', [4], [1, 1, 5, 5])],
      { attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) } },
    ),
  ],
  [
    'MaxRoiPool',
    trial('MaxRoiPool', [x2, value('float32', [2, 5], [0, 0, 0, 4, 6, 1, 1, 2, 3, 5])], {
      attributes: { pooled_shape: ints(3, 2) },
    }),
  ],
  ...['avg', 'max'].flatMap((mode) =>
    [10, 16].map((opset): Case => {
      const rois = value('float32', [3, 4], [0.5, 1, 4.2, 6.3, 1, 0.2, 3, 5, -2, -1.5, 9, 9.5]);
      const attributes = {
        output_height: int(3),
        output_width: int(2),
        spatial_scale: float(0.9),
        mode: text(mode),
        sampling_ratio: int(opset === 10 ? 2 : 0),
      };
      return [
        `RoiAlign ${mode}, opset ${opset}`,
        trial('RoiAlign', [x2, rois, value('int64', [3], [1, 0, 0])], { attributes, opset }),
      ];
    }),
  ),
];

const norms: Case[] = [
  [
    'BatchNormalization',
    trial('BatchNormalization', [x2, random([3], 2), random([3], 3), random([3], 4), random([3], 5, 0.5, 2)], {
      attributes: { epsilon: float(1e-3) },
    }),
  ],
  [
    'BatchNormalization in training',
    trial('BatchNormalization', [x2, random([3], 2), random([3], 3), random([3], 4), random([3], 5, 0.5, 2)], {
      attributes: { training_mode: int(1), momentum: float(0.7) },
      outputs: 3,
    }),
  ],
  [
    'LayerNormalization',
    trial('LayerNormalization', [x2, random([7, 8], 2), random([7, 8], 3)], {
      attributes: { axis: int(2) },
      outputs: 3,
    }),
  ],
  ['InstanceNormalization', trial('InstanceNormalization', [x2, random([3], 2), random([3], 3)])],
  [
    'GroupNormalization',
    trial('GroupNormalization', [random([2, 6, 5], 1), random([6], 2), random([6], 3)], {
      attributes: { num_groups: int(3) },
    }),
  ],
  ['MeanVarianceNormalization', trial('MeanVarianceNormalization', [x2], { attributes: { axes: ints(0, 2, 3) } })],
  ['LpNormalization', trial('LpNormalization', [x2], { attributes: { p: int(1), axis: int(2) } })],
  [
    'SimplifiedLayerNormalization',
    trial('SimplifiedLayerNormalization', [x2, random([8], 2)], {
      attributes: { axis: int(-1), epsilon: float(1e-3) },
    }),
  ],
  [
    'SkipLayerNormalization',
    trial(
      'com.microsoft.SkipLayerNormalization',
      [random([3, 5, 8], 1), random([3, 5, 8], 2), random([8], 3), random([8], 4), random([8], 5)],
      { attributes: { epsilon: float(1e-3) } },
    ),
  ],
  [
    'SkipSimplifiedLayerNormalization',
    trial(
      'com.microsoft.SkipSimplifiedLayerNormalization',
      [random([3, 5, 8], 1), random([3, 5, 8], 2), random([8], 3)],
      { attributes: { epsilon: float(1e-3) } },
    ),
  ],
  ['Softmax of opset 11', trial('Softmax', [x2], { attributes: { axis: int(2) }, opset: 11 })],
];

const none = value('float32', [0], []);
const scales = (...list: number[]) => value('float32', [list.length], list.map(Math.fround));
const transformations = ['half_pixel', 'half_pixel_symmetric', 'pytorch_half_pixel', 'align_corners', 'asymmetric'];
const resized: Case[] = transformations.flatMap((transformation) =>
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
const otherResizes: Case[] = [
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

const sampled: Case[] = ['linear', 'cubic', 'nearest'].flatMap((mode) =>
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

const recurrents: Case[] = [
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

const losses: Case[] = ['none', 'sum', 'mean'].flatMap((reduction) =>
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

const spectral: Case[] = [
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

const quantised: Case[] = [
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

describe('ONNX Runtime gives the same in float32', () => {
  const cases = [
    ...pools,
    ...spatial,
    ...norms,
    ...resized,
    ...otherResizes,
    ...sampled,
    ...recurrents,
    ...losses,
    ...spectral,
    ...quantised,
  ];
  it.each(cases)('%s', async (_name, each) => {
    const wanted = forward(each);
    for (const [i, tensor] of (await run(each)).entries()) {
      expect([i, tensor.dtype, tensor.shape]).toEqual([i, wanted[i]!.dtype, wanted[i]!.shape]);
      const { data } = wanted[i]!;
      expect([i, distance(toNumbers(tensor), data) <= 3e-6 * (0.1 + norm(data))]).toEqual([i, true]);
    }
  });
});

async function run({ operator, inputs, attributes = {}, opset = 21, outputs = 1 }: Trial) {
  const domains = new Map([['', opset]]);
  if (operator.domain) domains.set(operator.domain, 1);
  const b = new GraphBuilder('trial', domains);
  // What decides shapes is fed as a constant, as models have it.
  const fed = (i: number): boolean => inputs[i]?.dtype === 'float32' && !['Resize', 'Upsample'].includes(operator.op);
  const names = inputs.map((input, i) => {
    if (!input) return '';
    return i === 0 || fed(i) ? b.input(`x${i}`, input.dtype, input.shape) : b.initializer(`x${i}`, toTensor(input));
  });
  const made = b.nodes(operator.op, names, attributes, { outputs, domain: operator.domain ?? '' });
  for (const name of made) b.output(name);
  const feeds = new Map(
    inputs.flatMap((input, i) => (input && (i === 0 || fed(i)) ? [[`x${i}`, toTensor(input)] as const] : [])),
  );
  const results = await runModel(encodeModel(b.graph()), feeds, made);
  return made.map((name) => results.get(name)!);
}
