import type { Shape } from '../../../harness/types/tensor.ts';
import { int, text } from '../rule.ts';
import { zeros } from './_index.ts';
import type { TensorMath } from './_tensors.ts';

/** One of the elements along an axis that a sampled position reads. All of shape [batch, positions]. */
export interface Tap {
  /** int64, inside the axis. */
  readonly index: string;
  /** 0 where the element lies outside. */
  readonly weight: string;
  /** d weight / d coordinate; undefined where it is 0 everywhere. */
  readonly slope: string | undefined;
}

/** What is read between its elements, and where. */
export interface Sampling {
  /** [batch, channels, volume]: all spatial axes in one. */
  readonly x: string;
  readonly batch: number;
  readonly channels: number;
  readonly volume: number;
  readonly positions: number;
  /** The taps of every spatial axis, with the axis's stride in the volume. */
  readonly axes: readonly { readonly taps: readonly Tap[]; readonly stride: number }[];
  /** Added to every index, [batch, positions] int64. */
  readonly base?: string;
}

/** Elements floor(c) and floor(c) + 1; outside the axis they count nothing. */
export function linearTaps(math: TensorMath, coordinate: string, size: number): Tap[] {
  const low = math.emitter.emit('Floor', [coordinate]);
  const part = math.sub(coordinate, low);
  return [
    maskedTap(math, low, size, math.sub(1, part), math.name(-1)),
    maskedTap(math, math.add(low, 1), size, part, math.name(1)),
  ];
}

/** Elements floor(c) and floor(c) + 1, with what lies outside read at the edge: c has to be within the axis. */
export function edgeTaps(math: TensorMath, coordinate: string, size: number): Tap[] {
  const low = math.emitter.emit('Floor', [coordinate]);
  const part = math.sub(coordinate, low);
  return [
    { index: insideIndex(math, low, size), weight: math.sub(1, part), slope: math.name(-1) },
    { index: insideIndex(math, math.add(low, 1), size), weight: part, slope: math.name(1) },
  ];
}

/** A tap at a whole-numbered position that counts only inside the axis. */
export function maskedTap(
  math: TensorMath,
  position: string,
  size: number,
  weight: string,
  slope: string | undefined,
): Tap {
  const inside = math.and(math.greaterOrEqual(position, 0), math.lessOrEqual(position, size - 1));
  return {
    index: insideIndex(math, position, size),
    weight: math.where(inside, weight, 0),
    slope: slope === undefined ? undefined : math.where(inside, slope, 0),
  };
}

/** A whole-numbered float position as int64, moved into the axis. */
export function insideIndex(math: TensorMath, position: string, size: number): string {
  return math.cast(math.emitter.emit('Clip', [position, math.name(0), math.name(size - 1)]), 'int64');
}

/** The sampled values, [batch, channels, positions]. */
export function sampled(math: TensorMath, sampling: Sampling): string {
  return corners(math, sampling)
    .map((corner) => math.mul(read(math, sampling, corner), row(math, corner.weight())))
    .reduce((a, b) => math.add(a, b));
}

/** Gradient of x, given that of the sampled values ([batch, channels, positions]): each value goes back to what it was read from. */
export function scattered(math: TensorMath, sampling: Sampling, dy: string): string {
  const all = corners(math, sampling);
  const updates = math.concat(
    all.map((corner) => math.mul(dy, row(math, corner.weight()))),
    2,
  );
  const indices = math.concat(
    all.map((corner) => spreadIndex(math, sampling, corner)),
    2,
  );
  const slots = zeros(math.emitter, [sampling.batch, sampling.channels, sampling.volume], math.dtype);
  return math.emitter.emit('ScatterElements', [slots, indices, updates], { axis: int(2), reduction: text('add') });
}

/** Gradient of each axis's coordinate, [batch, positions]; undefined where no tap of the axis has a slope. */
export function coordinateGradients(math: TensorMath, sampling: Sampling, dy: string): (string | undefined)[] {
  const all = corners(math, sampling).map((corner) => ({
    corner,
    felt: math.sum(math.mul(dy, read(math, sampling, corner)), [1], false),
  }));
  return sampling.axes.map((_, axis) => {
    const parts = all.flatMap(({ corner, felt }) => {
      const slope = corner.slope(axis);
      return slope === undefined ? [] : [math.mul(felt, slope)];
    });
    return parts.length === 0 ? undefined : parts.reduce((a, b) => math.add(a, b));
  });
}

/** One tap of every axis together. */
interface Corner {
  readonly index: string;
  weight(): string;
  /** d weight / d coordinate of one axis. */
  slope(axis: number): string | undefined;
}

function corners(math: TensorMath, { axes, base }: Sampling): Corner[] {
  let combinations: Tap[][] = [[]];
  for (const { taps } of axes) combinations = combinations.flatMap((chosen) => taps.map((tap) => [...chosen, tap]));
  const product = (names: readonly string[]): string => names.reduce((a, b) => math.mul(a, b));
  return combinations.map((chosen) => {
    const offsets = chosen.map((tap, axis) => times(math, tap.index, axes[axis]?.stride as number));
    return {
      index: [...offsets, ...(base === undefined ? [] : [base])].reduce((a, b) => math.add(a, b)),
      weight: () => product(chosen.map((tap) => tap.weight)),
      slope: (axis) => {
        const slope = chosen[axis]?.slope;
        return slope === undefined ? undefined : product(chosen.map((tap, k) => (k === axis ? slope : tap.weight)));
      },
    };
  });
}

function times(math: TensorMath, index: string, stride: number): string {
  return stride === 1 ? index : math.mul(index, math.emitter.ints([stride]));
}

function read(math: TensorMath, sampling: Sampling, corner: Corner): string {
  return math.emitter.emit('GatherElements', [sampling.x, spreadIndex(math, sampling, corner)], { axis: int(2) });
}

/** The index for every channel. */
function spreadIndex(math: TensorMath, { batch, channels, positions }: Sampling, corner: Corner): string {
  const shape: Shape = [batch, channels, positions];
  return math.expand(row(math, corner.index), shape);
}

/** [batch, positions] → [batch, 1, positions] */
function row(math: TensorMath, name: string): string {
  return math.emitter.emit('Unsqueeze', [name, math.emitter.ints([1])]);
}
