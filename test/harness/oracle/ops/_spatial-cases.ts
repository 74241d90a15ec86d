import { trial } from './_named.ts';
import { float, int, ints, random, text, type Trial, value } from './_vjp-laws.ts';

type Attributes = NonNullable<Trial['attributes']>;

/** One node, and what is special about it. */
export type Case = readonly [name: string, trial: Trial];

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

export const pools: readonly Case[] = windows.flatMap(([name, attributes]) => [
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

export const spatial: readonly Case[] = [
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

export const norms: readonly Case[] = [
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
