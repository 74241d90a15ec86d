type Round = (x: number) => number;

/** One input that a coordinate between inputs reads along an axis. */
export interface Tap {
  /** Its index; −1 where it lies outside and counts as 0. */
  readonly index: number;
  readonly weight: number;
  /** d weight / d coordinate. */
  readonly slope: number;
}

/** An input that a point of several coordinates reads. */
export interface Corner {
  /** Offset in the plane. */
  readonly offset: number;
  readonly weight: number;
  /** d weight / d coordinate, one an axis. */
  readonly slopes: readonly number[];
}

/** The two neighbours of a coordinate, weighted by nearness. `resolve` says which input stands at an index. */
export function linearTaps(x: number, resolve: (index: number) => number, r: Round): Tap[] {
  const low = Math.floor(x);
  const rest = r(x - low);
  return [
    { index: resolve(low), weight: r(1 - rest), slope: -1 },
    { index: resolve(low + 1), weight: rest, slope: 1 },
  ];
}

/** The four neighbours of a coordinate under Keys' cubic convolution with parameter −0.75. */
export function cubicTaps(x: number, resolve: (index: number) => number, r: Round): Tap[] {
  const a = -0.75;
  const low = Math.floor(x);
  return [-1, 0, 1, 2].map((step) => {
    const distance = r(x - (low + step));
    const d = Math.abs(distance);
    const inner = d <= 1;
    const weight = inner
      ? r(r(r(r((a + 2) * d) - (a + 3)) * r(d * d)) + 1)
      : r(r(r(r(r(r(a * d) - 5 * a) * d) + 8 * a) * d) - 4 * a);
    const slope = inner ? r(r(r(3 * (a + 2) * d) - 2 * (a + 3)) * d) : r(r(r(r(3 * a * d) - 10 * a) * d) + 8 * a);
    return { index: resolve(low + step), weight, slope: distance < 0 ? -slope : slope };
  });
}

/** Every combination of the taps of several axes; those that lie outside along one are left out. */
export function cornersOf(taps: readonly (readonly Tap[])[], strides: readonly number[], r: Round): Corner[] {
  let corners: Corner[] = [{ offset: 0, weight: 1, slopes: [] }];
  for (const [axis, along] of taps.entries()) {
    const inside = along.filter((tap) => tap.index >= 0);
    corners = corners.flatMap((corner) =>
      inside.map((tap) => ({
        offset: corner.offset + tap.index * strides[axis]!,
        weight: r(corner.weight * tap.weight),
        slopes: [...corner.slopes.map((slope) => r(slope * tap.weight)), r(corner.weight * tap.slope)],
      })),
    );
  }
  return corners;
}

/** An index as it is, or −1 outside 0 … length − 1. */
export const zeroOutside =
  (length: number) =>
  (index: number): number =>
    index < 0 || index >= length ? -1 : index;

/** The nearest index inside. */
export const clampInside =
  (length: number) =>
  (index: number): number =>
    Math.min(Math.max(index, 0), length - 1);
