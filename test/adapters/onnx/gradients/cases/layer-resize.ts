import { float, int, ints, text } from '../../../../../adapters/onnx/rule.ts';
import { float32, int64 } from '../../../../../harness/tensor.ts';
import type { Attributes } from '../../../../../harness/types/graph.ts';
import type { Shape } from '../../../../../harness/types/tensor.ts';
import type { LayerCase } from '../layer-law.ts';
import { randn } from '../layer-law.ts';

interface To {
  readonly scales?: readonly number[];
  readonly sizes?: readonly number[];
  readonly roi?: readonly number[];
}

const resized = (claim: string, shape: Shape, to: To, attributes: Attributes = {}): LayerCase => {
  const { scales, sizes, roi } = to;
  return {
    claim: `Resize ${claim}`,
    op: 'Resize',
    opset: 19,
    inputs: [
      randn(shape, 5),
      roi === undefined ? null : float32([roi.length], roi),
      scales === undefined ? null : float32([scales.length], scales),
      sizes === undefined ? null : int64([sizes.length], sizes),
    ],
    attributes,
    wrt: [0],
    constants: [2],
    step: 0.5,
    tolerance: 1e-4,
  };
};

const MODES = ['half_pixel', 'half_pixel_symmetric', 'pytorch_half_pixel', 'align_corners', 'asymmetric'];

function everyMode(): LayerCase[] {
  const made: LayerCase[] = [];
  for (const mode of ['nearest', 'linear', 'cubic']) {
    for (const coordinates of MODES) {
      const attributes = { mode: text(mode), coordinate_transformation_mode: text(coordinates) };
      made.push(resized(`${mode}, ${coordinates}, by scales up`, [2, 3, 4, 5], { scales: [1, 1, 2, 1.7] }, attributes));
      made.push(
        resized(`${mode}, ${coordinates}, to sizes, down and up`, [2, 3, 7, 4], { sizes: [2, 3, 3, 9] }, attributes),
      );
    }
  }
  return made;
}

const crop = {
  mode: text('linear'),
  coordinate_transformation_mode: text('tf_crop_and_resize'),
  extrapolation_value: float(3),
};

export const resizing: readonly LayerCase[] = [
  ...everyMode(),
  ...['round_prefer_ceil', 'floor', 'ceil'].map((rounding) =>
    resized(`nearest with ${rounding}`, [1, 2, 5, 4], { sizes: [1, 2, 8, 7] }, { nearest_mode: text(rounding) }),
  ),
  resized('nearest of one axis in three dimensions', [2, 3, 2, 3, 4], { scales: [1, 1, 2, 1, 3] }),
  resized('linear in three dimensions', [2, 3, 2, 3, 4], { scales: [1, 1, 2, 1.5, 3] }, { mode: text('linear') }),
  resized('linear in one dimension', [2, 3, 7], { scales: [1, 1, 1.6] }, { mode: text('linear') }),
  resized('linear of a matrix', [5, 7], { sizes: [3, 11] }, { mode: text('linear') }),
  resized(
    'cubic that excludes what is outside',
    [1, 2, 5, 7],
    { scales: [1, 1, 0.6, 1.4] },
    {
      mode: text('cubic'),
      exclude_outside: int(1),
      cubic_coeff_a: float(-0.5),
    },
  ),
  resized('linear with antialias', [1, 2, 9, 11], { sizes: [1, 2, 4, 5] }, { mode: text('linear'), antialias: int(1) }),
  resized(
    'cubic with antialias',
    [1, 2, 9, 11],
    { scales: [1, 1, 0.5, 0.4] },
    { mode: text('cubic'), antialias: int(1) },
  ),
  resized('of the named axes only', [2, 3, 4, 5], { scales: [1.7, 2] }, { mode: text('linear'), axes: ints([3, 2]) }),
  resized('of the named axes, to sizes', [2, 3, 4, 5], { sizes: [7, 3] }, { axes: ints([2, -1]) }),
  resized(
    'no larger than asked, keeping the aspect',
    [1, 2, 4, 6],
    { sizes: [7, 8] },
    {
      mode: text('linear'),
      axes: ints([2, 3]),
      keep_aspect_ratio_policy: text('not_larger'),
    },
  ),
  resized(
    'no smaller than asked, keeping the aspect',
    [1, 2, 4, 6],
    { sizes: [7, 8] },
    {
      mode: text('cubic'),
      axes: ints([2, 3]),
      keep_aspect_ratio_policy: text('not_smaller'),
    },
  ),
  resized('of a cropped region', [1, 2, 6, 7], { sizes: [1, 2, 5, 4], roi: [0, 0, 0.2, 0.3, 1, 1, 0.8, 0.9] }, crop),
  resized(
    'of a region that reaches outside',
    [1, 2, 6, 7],
    { sizes: [1, 2, 5, 9], roi: [0, 0, 0.4, -0.3, 1, 1, 1.3, 0.9] },
    crop,
  ),
  resized(
    'of a region of named axes',
    [1, 2, 6, 7],
    { sizes: [5, 9], roi: [0.4, 0.1, 0.9, 0.7] },
    { ...crop, axes: ints([3, 2]) },
  ),
  resized(
    'by a scale that changes the size of the other axis alone',
    [1, 2, 6, 7],
    { scales: [1, 1, 1.1, 0.9] },
    { mode: text('linear') },
  ),
  resized('by scales that change no size', [1, 2, 6, 7], { scales: [1, 1, 1.1, 1.1] }, { mode: text('linear') }),
  resized(
    'of a region that keeps its size along one axis',
    [1, 2, 6, 7],
    { sizes: [1, 2, 6, 9], roi: [0, 0, 0.1, 0.2, 1, 1, 0.7, 0.9] },
    crop,
  ),
];
