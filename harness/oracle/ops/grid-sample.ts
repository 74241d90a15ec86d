import { intAttribute, stringAttribute } from '../../attributes.ts';
import { sizeOf, stridesOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { cotangentOf, given, refuse } from './_context.ts';
import { placeOf, type Placing, placingOf } from './_grid.ts';
import { makeValue, seedOf, wants } from './_kit.ts';
import { type Corner, cornersOf } from './_sampling.ts';

/** What x [batch, channels, ...spatial] is at the points of a grid [batch, ...out, axes], whose coordinates from −1 to 1 span it, last axis first. */
export const gridSample: Operator = {
  op: 'GridSample',
  forward(context, inputs) {
    const [x, grid] = [given(context, inputs, 0), given(context, inputs, 1)];
    const { round } = context.arithmetic;
    const [batch = 0, channels = 0] = x.shape;
    const y = makeValue(x.dtype, [batch, channels, ...grid.shape.slice(1, -1)]);
    forEachPoint(context, x, grid, (n, point, corners) => {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        const plane = (n * channels + c) * sizeOf(x.shape.slice(2));
        for (const { offset, weight } of corners) sum = round(sum + round(weight * x.data[plane + offset]!));
        y.data[outputOf(x, grid, n, c, point)] = sum;
      }
    });
    return [y];
  },
  vjp(context) {
    const [x, grid] = [given(context, context.inputs, 0), given(context, context.inputs, 1)];
    const dy = seedOf(context, 0);
    if (!dy) return [];
    const dx = new Float64Array(x.data.length);
    const dgrid = new Float64Array(grid.data.length);
    const slack = new Float64Array(grid.data.length);
    forEachPoint(context, x, grid, (n, point, corners, places) => {
      pointBack(context, { x, grid, dy, dx, dgrid, slack }, n, point, corners, places);
    });
    return [
      wants(context, 0) ? cotangentOf(x, dx) : undefined,
      wants(context, 1) ? cotangentOf(grid, dgrid, slack.some((s) => s > 0) ? slack : null) : undefined,
    ];
  },
};

interface Backward {
  readonly x: Value;
  readonly grid: Value;
  readonly dy: Float64Array;
  readonly dx: Float64Array;
  readonly dgrid: Float64Array;
  readonly slack: Float64Array;
}

/** Undoes one point: what its corners get, and its own coordinates. */
function pointBack(
  context: VjpContext,
  { x, grid, dy, dx, dgrid, slack }: Backward,
  n: number,
  point: number,
  corners: readonly Corner[],
  places: readonly Placing[],
): void {
  const { round } = context.arithmetic;
  const [, channels = 0, ...spatial] = x.shape;
  const size = sizeOf(spatial);
  const jumps = jumpsOf(places, stridesOf(spatial), round);
  // Where the coordinate of an axis lies in the grid: the last axis comes first.
  const first = (n * sizeOf(grid.shape.slice(1, -1)) + point) * places.length + places.length - 1;
  for (let c = 0; c < channels; c++) {
    const seed = dy[outputOf(x, grid, n, c, point)]!;
    const plane = (n * channels + c) * size;
    for (const { offset, weight, slopes } of corners) {
      dx[plane + offset] = round(dx[plane + offset]! + round(seed * weight));
      for (const [axis, slope] of slopes.entries()) {
        const along = round(round(x.data[plane + offset]! * slope) * places[axis]!.slope);
        dgrid[first - axis] = round(dgrid[first - axis]! + round(seed * along));
      }
    }
    for (const [axis, jump] of jumps.entries()) {
      const sum = jump.reduce((total, { offset, weight }) => total + weight * x.data[plane + offset]!, 0);
      slack[first - axis] = slack[first - axis]! + Math.abs(seed * sum * places[axis]!.slope);
    }
  }
}

/** Where a coordinate lies on a kink, its slope is one of two: the corners of their difference; else none. */
function jumpsOf(places: readonly Placing[], strides: readonly number[], round: (x: number) => number): Corner[][] {
  return places.map(({ jump }, axis) => {
    if (!jump) return [];
    const taps = places.map((place, a) => (a === axis ? jump : place.taps));
    return cornersOf(taps, strides, round);
  });
}

/** Visits every point of the grid with the inputs that it reads, and where it lies along each axis. */
function forEachPoint(
  context: OperatorContext,
  x: Value,
  grid: Value,
  visit: (n: number, point: number, corners: readonly Corner[], places: readonly Placing[]) => void,
): void {
  const spatial = x.shape.slice(2);
  const axes = spatial.length;
  const strides = stridesOf(spatial);
  const points = sizeOf(grid.shape.slice(1, -1));
  if (grid.shape.at(-1) !== axes)
    refuse(context, `a grid of ${grid.shape.at(-1)} coordinates`, `Give ${axes} for each point.`);
  const options = placingOptions(context);
  for (let n = 0; n < x.shape[0]!; n++) {
    for (let point = 0; point < points; point++) {
      const from = (n * points + point) * axes;
      const places = spatial.map((length, axis) => placeOf(grid.data[from + axes - 1 - axis]!, length, options));
      visit(
        n,
        point,
        cornersOf(
          places.map((place) => place.taps),
          strides,
          context.arithmetic.round,
        ),
        places,
      );
    }
  }
}

function placingOptions(context: OperatorContext) {
  const { attributes, arithmetic } = context;
  const noise = 'noise' in context ? ((context as VjpContext).noise[1] ?? 0) : 0;
  return placingOf(context, {
    mode: stringAttribute(attributes, 'mode', 'linear'),
    padding: stringAttribute(attributes, 'padding_mode', 'zeros'),
    align: intAttribute(attributes, 'align_corners', 0) !== 0,
    round: arithmetic.round,
    noise,
  });
}

function outputOf(x: Value, grid: Value, n: number, c: number, point: number): number {
  return (n * x.shape[1]! + c) * sizeOf(grid.shape.slice(1, -1)) + point;
}
