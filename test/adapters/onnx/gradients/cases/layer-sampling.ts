import { float, int, ints, text } from '../../../../../adapters/onnx/rule.ts';
import { float32, fromNumbers, int64, toNumbers } from '../../../../../harness/tensor.ts';
import type { Attributes } from '../../../../../harness/types/graph.ts';
import type { Shape } from '../../../../../harness/types/tensor.ts';
import type { LayerCase } from '../layer-law.ts';
import { randn, randnOf, shuffled } from '../layer-law.ts';

/** Normalised positions, some beyond the border, whose coordinates on an axis of `sizes` are 0.1 … 0.9 away from whole and half ones. */
function positions(shape: Shape, sizes: readonly number[], corners: boolean, dtype: 'float32' | 'float64') {
  const rank = sizes.length;
  return randnOf(
    shape,
    61,
    (x, i) => {
      const size = sizes[rank - 1 - (i % rank)] as number;
      const coordinate = Math.floor((x * 0.6 + 0.5) * size) + ((i * 7) % 2 === 0 ? 0.3 : 0.8);
      return corners ? (2 * coordinate) / (size - 1) - 1 : (2 * coordinate + 1) / size - 1;
    },
    dtype,
  );
}

function gridSamples(): LayerCase[] {
  const made: LayerCase[] = [];
  for (const mode of ['linear', 'nearest', 'cubic']) {
    for (const padding of ['zeros', 'border', 'reflection']) {
      for (const corners of [0, 1]) {
        for (const rank of mode === 'cubic' ? [2] : [2, 3]) {
          const sizes = [5, 4, 3].slice(0, rank);
          const dtype = 'float32';
          made.push({
            claim: `GridSample ${mode}, ${padding}, ${corners === 1 ? 'aligned corners' : 'half pixels'}, in ${rank} dimensions`,
            op: 'GridSample',
            opset: 20,
            inputs: [
              randn([2, 3, ...sizes], 62, dtype),
              positions([2, ...[7, 2, 3].slice(0, rank), rank], sizes, corners === 1, dtype),
            ],
            attributes: { mode: text(mode), padding_mode: text(padding), align_corners: int(corners) },
            ...(mode === 'nearest' ? { wrt: [0] } : {}),
            step: 2 ** -8,
            tolerance: 2e-3,
          });
        }
      }
    }
  }
  return made;
}

const deformed = (claim: string, shapes: readonly (Shape | null)[], attributes: Attributes): LayerCase => ({
  claim: `DeformConv ${claim}`,
  op: 'DeformConv',
  inputs: shapes.map((shape, k) =>
    shape === null
      ? null
      : k === 2
        ? randnOf(shape, 71, (x, i) => Math.round(x) + (i % 2 === 0 ? 0.35 : 0.6), 'float64')
        : randn(shape, 70 + k, 'float64'),
  ),
  attributes,
  step: 2 ** -8,
  tolerance: 1e-9,
});

const regions = float32([4, 4], [0.4, 0.7, 6.1, 5.3, 2.3, 1.1, 4.6, 9.2, -3.2, -1.7, 3.3, 2.9, 5.1, 3.4, 9.7, 8.8]);
const aligned = (claim: string, attributes: Attributes): LayerCase => ({
  claim: `RoiAlign ${claim}`,
  op: 'RoiAlign',
  inputs: [randn([2, 3, 7, 8], 81), regions, int64([4], [0, 1, 1, 0])],
  attributes: { output_height: int(2), output_width: int(3), spatial_scale: float(0.8), ...attributes },
  wrt: [0],
  constants: [1],
  step: 0.5,
  tolerance: 1e-4,
});

export const samplers: readonly LayerCase[] = [
  ...gridSamples(),
  {
    claim: 'GridSample linear in float64',
    op: 'GridSample',
    opset: 20,
    inputs: [randn([2, 3, 5, 4], 62, 'float64'), positions([2, 7, 2, 2], [5, 4], false, 'float64')],
    step: 2 ** -9,
    tolerance: 1e-9,
  },
  ...[0, 1].flatMap((corners): LayerCase[] => [
    {
      claim: `AffineGrid of ${corners === 1 ? 'corners' : 'centres'} in two dimensions`,
      op: 'AffineGrid',
      opset: 20,
      inputs: [randn([2, 2, 3], 91), int64([4], [2, 3, 5, 7])],
      attributes: { align_corners: int(corners) },
      step: 0.5,
      tolerance: 1e-4,
    },
    {
      claim: `AffineGrid of ${corners === 1 ? 'corners' : 'centres'} in three dimensions`,
      op: 'AffineGrid',
      opset: 20,
      inputs: [randn([2, 3, 4], 91), int64([5], [2, 3, 5, 7, 2])],
      attributes: { align_corners: int(corners) },
      step: 0.5,
      tolerance: 1e-4,
    },
  ]),
  deformed('with bias and mask', [[2, 3, 5, 7], [5, 3, 3, 2], [2, 12, 3, 6], [5], [2, 6, 3, 6]], {}),
  deformed(
    'without mask, strided, padded and dilated',
    [
      [2, 3, 7, 6],
      [5, 3, 2, 3],
      [2, 12, 4, 6],
    ],
    {
      strides: ints([2, 1]),
      pads: ints([1, 2, 1, 2]),
      dilations: ints([2, 2]),
    },
  ),
  deformed('in groups and offset groups', [[2, 6, 5, 5], [4, 3, 2, 2], [2, 24, 4, 4], null, [2, 12, 4, 4]], {
    group: int(2),
    offset_group: int(3),
  }),
  aligned('with two samples a bin', { sampling_ratio: int(2) }),
  aligned('without half pixels', { sampling_ratio: int(3), coordinate_transformation_mode: text('output_half_pixel') }),
  aligned('with as many samples as the region needs', {}),
  aligned('with as many samples as the region needs, without half pixels', {
    coordinate_transformation_mode: text('output_half_pixel'),
  }),
  {
    ...aligned('in float64', { sampling_ratio: int(2) }),
    inputs: [
      randn([2, 3, 7, 8], 81, 'float64'),
      fromNumbers('float64', regions.shape, toNumbers(regions)),
      int64([4], [0, 1, 1, 0]),
    ],
    tolerance: 1e-9,
  },
  {
    claim: 'AffineGrid in float64',
    op: 'AffineGrid',
    opset: 20,
    inputs: [randn([2, 2, 3], 91, 'float64'), int64([4], [2, 3, 5, 7])],
    step: 0.5,
    tolerance: 1e-9,
  },
  {
    claim: 'MaxRoiPool',
    op: 'MaxRoiPool',
    inputs: [shuffled([2, 3, 7, 8], 83), float32([3, 5], [0, 1, 1, 6, 5, 1, 0, 2, 4, 6, 0, 3, 3, 3, 3])],
    attributes: { pooled_shape: ints([2, 3]), spatial_scale: float(0.9) },
    wrt: [0],
    step: 2 ** -7,
  },
];
