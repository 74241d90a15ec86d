import { floatAttribute, intAttribute, stringAttribute } from '../../../harness/attributes.ts';
import { LayerdiffError } from '../../../harness/errors.ts';
import { fromNumbers, toNumbers } from '../../../harness/tensor.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { int } from '../rule.ts';
import type { Sampling, Tap } from './_sampling.ts';
import { edgeTaps, scattered } from './_sampling.ts';
import type { TensorMath } from './_tensors.ts';
import { range, tensorsOf } from './_tensors.ts';

/**
 * Averages of samples that are read between x's elements (He et al. 2017). As in torchvision, regions have no gradient.
 * With sampling_ratio 0 the number of samples follows from each region, which then has to be known.
 */
export const roiAlign: GradientRule = {
  op: 'RoiAlign',
  gradient(context) {
    const [x = '', rois = '', batches = ''] = context.inputs;
    const shape = context.shape(x);
    const [batch = 1, channels = 1, height = 1, width = 1] = shape;
    if (stringAttribute(context.attributes, 'mode', 'avg') !== 'avg') throw onlyAverages(context);
    const math = tensorsOf(context, context.dtype(x));
    const dy = context.cotangents[0] as string;
    // All samples of the batch are one volume: [1, channels, batch · height · width].
    const parts = groupsOf(context).map(({ members, grid }) => {
      const pick = (name: string): string => context.emit('Gather', [name, context.ints(members)], { axis: int(0) });
      const sampling = samplingOf(context, math, {
        rois: pick(rois),
        batches: pick(batches),
        count: members.length,
        grid,
      });
      return scattered(math, sampling, samplesOf(context, math, pick(dy), members.length, grid));
    });
    const summed = math.reshape(
      parts.reduce((a, b) => math.add(a, b)),
      [channels, batch, height, width],
    );
    return [math.transpose(summed, [1, 0, 2, 3]), undefined, undefined];
  },
};

interface Group {
  /** Regions with the same number of samples a bin. */
  readonly members: readonly number[];
  readonly grid: readonly [number, number];
}

function groupsOf(context: GradientContext): Group[] {
  const rois = context.inputs[1] as string;
  const count = context.shape(rois)[0] as number;
  const ratio = intAttribute(context.attributes, 'sampling_ratio', 0);
  if (ratio > 0) return [{ members: range(count), grid: [ratio, ratio] }];
  const numbers = toNumbers(context.known(rois));
  const groups = new Map<string, Group>();
  for (const member of range(count)) {
    const [left = 0, top = 0, right = 0, bottom = 0] = numbers.subarray(4 * member);
    const grid = [
      samplesAlong(context, top, bottom, 'output_height'),
      samplesAlong(context, left, right, 'output_width'),
    ] as const;
    const known = groups.get(grid.join());
    groups.set(grid.join(), { members: [...(known?.members ?? []), member], grid });
  }
  return [...groups.values()];
}

function samplesAlong(context: GradientContext, from: number, to: number, bins: string): number {
  const scale = floatAttribute(context.attributes, 'spatial_scale', 1);
  const extent = Math.fround(Math.fround(to * scale) - Math.fround(from * scale));
  const length = centred(context) ? extent : Math.max(extent, 1);
  return Math.max(Math.ceil(Math.fround(length / intAttribute(context.attributes, bins, 1))), 1);
}

const centred = (context: GradientContext): boolean =>
  stringAttribute(context.attributes, 'coordinate_transformation_mode', 'half_pixel') === 'half_pixel';

interface Regions {
  readonly rois: string;
  readonly batches: string;
  readonly count: number;
  readonly grid: readonly [number, number];
}

function samplingOf(context: GradientContext, math: TensorMath, { rois, batches, count, grid }: Regions): Sampling {
  const [batch = 1, channels = 1, height = 1, width = 1] = context.shape(context.inputs[0] as string);
  const bins = ['output_height', 'output_width'].map((name) => intAttribute(context.attributes, name, 1));
  const lengths = bins.map((amount, axis) => amount * (grid[axis] as number));
  const [rows = 1, columns = 1] = lengths;
  const positions = count * rows * columns;
  const axes = [height, width].map((size, axis) => {
    const coordinate = coordinatesOf(context, math, rois, axis, bins[axis] as number, grid[axis] as number);
    const wide = math.reshape(coordinate, axis === 0 ? [count, rows, 1] : [count, 1, columns]);
    const flat = math.reshape(math.expand(wide, [count, rows, columns]), [1, positions]);
    return { taps: tapsNear(math, flat, size), stride: axis === 0 ? width : 1 };
  });
  const first = math.mul(math.cast(batches, 'int64'), context.ints([height * width]));
  const base = math.reshape(math.expand(math.reshape(first, [count, 1]), [count, rows * columns]), [1, positions]);
  return { x: '', batch: 1, channels, volume: batch * height * width, positions, axes, base };
}

/** Where the samples of each region lie along one axis: [regions, bins · grid]. */
function coordinatesOf(
  context: GradientContext,
  math: TensorMath,
  rois: string,
  axis: number,
  bins: number,
  grid: number,
): string {
  const scale = floatAttribute(context.attributes, 'spatial_scale', 1);
  const half = centred(context) ? 0.5 : 0;
  const edge = (column: number): string => math.sub(math.mul(math.slice(rois, 1, column, column + 1), scale), half);
  const [start, end] = [edge(1 - axis), edge(3 - axis)];
  const extent = math.sub(end, start);
  const length = centred(context) ? extent : context.emit('Max', [extent, math.name(1)]);
  const steps = range(bins * grid).map((k) => Math.floor(k / grid) + ((k % grid) + 0.5) / grid);
  const places = context.constant(fromNumbers(math.dtype, [1, bins * grid], steps));
  return math.add(start, math.mul(math.div(length, bins), places));
}

/** Up to one element outside, the edge is read; farther out, nothing. */
function tapsNear(math: TensorMath, coordinate: string, size: number): Tap[] {
  const near = math.and(math.greaterOrEqual(coordinate, -1), math.lessOrEqual(coordinate, size));
  const inside = math.emitter.emit('Clip', [coordinate, math.name(0), math.name(size - 1)]);
  return edgeTaps(math, inside, size).map((tap) => ({ ...tap, weight: math.where(near, tap.weight, 0) }));
}

/** dy divided among the samples of its bin: [1, channels, regions · samples]. */
function samplesOf(
  context: GradientContext,
  math: TensorMath,
  dy: string,
  count: number,
  [gridRows, gridColumns]: readonly [number, number],
): string {
  const [, channels = 1, rows = 1, columns = 1] = context.shape(context.outputs[0] as string);
  const share = math.div(math.transpose(dy, [1, 0, 2, 3]), gridRows * gridColumns);
  const bins = math.reshape(share, [channels, count, rows, 1, columns, 1]);
  const all = math.expand(bins, [channels, count, rows, gridRows, columns, gridColumns]);
  return math.reshape(all, [1, channels, count * rows * gridRows * columns * gridColumns]);
}

function onlyAverages(context: GradientContext): LayerdiffError {
  return new LayerdiffError(
    'E_NO_GRADIENT',
    context.node.name,
    'RoiAlign in mode max has no gradient rule: runtimes do not agree on what its maximum is taken over',
    'Use mode avg, or compare forward only.',
  );
}
