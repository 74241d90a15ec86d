import { intAttribute, stringAttribute } from '../../../harness/attributes.ts';
import { stridesOf } from '../../../harness/shape.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { int } from '../rule.ts';
import type { Sampling, Tap } from './_sampling.ts';
import { coordinateGradients, insideIndex, linearTaps, edgeTaps, maskedTap, scattered } from './_sampling.ts';
import type { TensorMath } from './_tensors.ts';
import { tensorsOf } from './_tensors.ts';

/** x is read between its elements at the grid's positions: both have a gradient. Positions outside are padded as ONNX Runtime does. */
export const gridSample: GradientRule = {
  op: 'GridSample',
  gradient(context) {
    const [x = '', grid = ''] = context.inputs;
    const [shape, gridShape] = [context.shape(x), context.shape(grid)];
    const math = tensorsOf(context, context.dtype(x));
    const [batch = 1, channels = 1, ...spatial] = shape;
    const positions = gridShape.slice(1, -1).reduce((a, b) => a * b, 1);
    const volume = spatial.reduce((a, b) => a * b, 1);
    const axes = coordinatesOf(context, math, spatial, [batch, positions]);
    const strides = stridesOf(spatial);
    const sampling: Sampling = {
      x: math.reshape(x, [batch, channels, volume]),
      batch,
      channels,
      volume,
      positions,
      axes: axes.map(({ taps }, axis) => ({ taps, stride: strides[axis] as number })),
    };
    const dy = math.reshape(context.cotangents[0] as string, [batch, channels, positions]);
    const dx = context.needs(0) ? math.reshape(scattered(math, sampling, dy), shape) : undefined;
    if (!context.needs(1)) return [dx, undefined];
    const still = math.expand(math.name(0), [batch, positions]);
    const felt = coordinateGradients(math, sampling, dy).map((d, axis) =>
      d === undefined ? still : math.mul(d, axes[axis]?.slope as string),
    );
    // The grid's last axis counts x, y, z: the spatial axes from the last to the first.
    const columns = felt.toReversed().map((d) => context.emit('Unsqueeze', [d, context.ints([2])]));
    return [dx, math.reshape(math.concat(columns, 2), gridShape)];
  },
};

interface Axis {
  readonly taps: readonly Tap[];
  /** d coordinate / d grid, [batch, positions] or a scalar. */
  readonly slope: string;
}

function coordinatesOf(
  context: GradientContext,
  math: TensorMath,
  spatial: readonly number[],
  shape: readonly number[],
): Axis[] {
  const corners = intAttribute(context.attributes, 'align_corners', 0) === 1;
  const mode = stringAttribute(context.attributes, 'mode', 'linear')
    .replace('bilinear', 'linear')
    .replace('bicubic', 'cubic');
  const padding = stringAttribute(context.attributes, 'padding_mode', 'zeros');
  const grid = context.inputs[1] as string;
  const raw = spatial.map((size, axis) => {
    const column = context.constant(fromNumbers('int64', [], [spatial.length - 1 - axis]));
    const normal = math.reshape(context.emit('Gather', [grid, column], { axis: int(-1) }), shape);
    const stretch = (corners ? size - 1 : size) / 2;
    const coordinate = math.add(math.mul(normal, stretch), (size - 1) / 2);
    // Nearest rounds (half to even) before it pads.
    return { size, stretch, coordinate: mode === 'nearest' ? context.emit('Round', [coordinate]) : coordinate };
  });
  const edge = corners ? 0 : 0.5;
  return raw.map(({ size, stretch, coordinate }) => {
    const moved = padded(math, coordinate, size, { mode, padding, edge });
    const taps = tapsOf(math, moved.value, size, { mode, padding, edge });
    return { taps, slope: moved.slope === undefined ? math.name(stretch) : math.mul(moved.slope, stretch) };
  });
}

interface Padding {
  readonly mode: string;
  readonly padding: string;
  /** How far beyond the first and last element the border lies. */
  readonly edge: number;
}

/** A coordinate brought inside: to the border, or mirrored at it. Cubic sampling brings in each element that it reads instead. */
function padded(
  math: TensorMath,
  c: string,
  size: number,
  { mode, padding, edge }: Padding,
): { value: string; slope?: string } {
  if (padding === 'zeros' || mode === 'cubic') return { value: c };
  if (padding === 'reflection') return mirrored(math, c, size, edge);
  const clipped = math.emitter.emit('Clip', [c, math.name(0), math.name(size - 1)]);
  return { value: clipped, slope: math.where(math.equal(clipped, c), 1, 0) };
}

/** Mirrors at the borders as often as it takes: a triangular wave. */
function mirrored(math: TensorMath, c: string, size: number, edge: number): { value: string; slope: string } {
  const [low, range] = [-edge, size - 1 + 2 * edge];
  if (range === 0) return { value: math.mul(c, 0), slope: math.mul(c, 0) };
  const turns = math.div(math.sub(c, low), 2 * range);
  const part = math.sub(turns, math.emitter.emit('Floor', [turns]));
  const rising = math.lessOrEqual(part, 0.5);
  const way = math.mul(part, 2 * range);
  const wave = math.add(math.where(rising, way, math.sub(2 * range, way)), low);
  const inside = math.and(math.greaterOrEqual(c, low), math.lessOrEqual(c, low + range));
  return { value: math.where(inside, c, wave), slope: math.where(math.emitter.emit('Or', [inside, rising]), 1, -1) };
}

function tapsOf(math: TensorMath, c: string, size: number, { mode, padding, edge }: Padding): Tap[] {
  const zero = padding === 'zeros';
  if (mode === 'nearest') {
    const one = math.expand(math.name(1), [1, 1]);
    const whole = math.emitter.emit('Round', [c]);
    return [
      zero
        ? maskedTap(math, whole, size, one, undefined)
        : { index: insideIndex(math, whole, size), weight: one, slope: undefined },
    ];
  }
  if (mode === 'linear') return zero ? linearTaps(math, c, size) : edgeTaps(math, c, size);
  const low = math.emitter.emit('Floor', [c]);
  return cubic(math, math.sub(c, low)).map(({ weight, slope }, k) => {
    const position = math.add(low, k - 1);
    if (zero) return maskedTap(math, position, size, weight, slope);
    const inside =
      padding === 'border' ? position : math.emitter.emit('Round', [mirrored(math, position, size, edge).value]);
    return { index: insideIndex(math, inside, size), weight, slope };
  });
}

/** Keys' cubic convolution with a = −0.75: weights of the elements at −1, 0, 1, 2, and their slopes, for the fraction t. */
function cubic(math: TensorMath, t: string): { weight: string; slope: string }[] {
  const a = -0.75;
  // Coefficients of t³, t², t, 1.
  const polynomials = [
    [a, -2 * a, a, 0],
    [a + 2, -(a + 3), 0, 1],
    [-(a + 2), 2 * a + 3, -a, 0],
    [-a, a, 0, 0],
  ];
  const horner = (coefficients: readonly number[]): string =>
    coefficients
      .slice(1)
      .reduce<string>(
        (sum, c) => math.add(math.mul(sum, t), c),
        math.expand(math.name(coefficients[0] as number), [1, 1]),
      );
  return polynomials.map(([p = 0, q = 0, r = 0, s = 0]) => ({
    weight: horner([p, q, r, s]),
    slope: horner([3 * p, 2 * q, r]),
  }));
}
