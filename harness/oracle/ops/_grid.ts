import type { OperatorContext } from '../../types/oracle.ts';
import { refuse } from './_context.ts';
import { roundHalfEven } from './_quantize.ts';
import { clampInside, cubicTaps, linearTaps, type Tap, zeroOutside } from './_sampling.ts';

/** How GridSample reads a coordinate. */
export interface PlacingOptions {
  readonly mode: string;
  readonly padding: string;
  readonly align: boolean;
  readonly round: (x: number) => number;
  readonly noise: number;
}

/** Where a coordinate of the grid lies along its axis. */
export interface Placing {
  readonly taps: readonly Tap[];
  /** d index / d coordinate: 0 where the padding holds it fast, negative where it mirrors it. */
  readonly slope: number;
  /** Where it lies on an input, within its noise: the difference of the slopes on both sides. */
  readonly jump: readonly Tap[] | null;
}

const MODES = ['nearest', 'linear', 'bilinear', 'cubic', 'bicubic'];
const PADDINGS = ['zeros', 'border', 'reflection'];

/** Refuses what the specification does not name. */
export function placingOf(context: OperatorContext, options: PlacingOptions): PlacingOptions {
  if (!MODES.includes(options.mode)) refuse(context, `mode "${options.mode}"`, `Supported are ${MODES.join(', ')}.`);
  if (!PADDINGS.includes(options.padding)) {
    refuse(context, `padding_mode "${options.padding}"`, `Supported are ${PADDINGS.join(', ')}.`);
  }
  return options;
}

/** From −1 … 1 to an index: the ends are the middles of the outermost inputs (`align`), or their outer edges. */
export function placeOf(
  coordinate: number,
  length: number,
  { mode, padding, align, round: r, noise }: PlacingOptions,
): Placing {
  const raw = align ? r(r(r(coordinate + 1) / 2) * (length - 1)) : r(r(r(r(coordinate + 1) * length) - 1) / 2);
  const stretch = align ? (length - 1) / 2 : length / 2;
  const [low, high] = align ? [0, length - 1] : [-0.5, length - 0.5];
  const x = mode === 'nearest' ? roundHalfEven(raw) : raw;
  const resolve = resolverOf(padding, low, high, length);
  // The cubic kernel reads its four inputs one by one from what the padding makes of the whole axis (as PyTorch and ONNX Runtime do).
  if (mode === 'cubic' || mode === 'bicubic') return { taps: cubicTaps(raw, resolve, r), slope: stretch, jump: null };
  const { at, sign } = x < low || x > high ? folded(x, low, high, length, padding, r) : { at: x, sign: 1 };
  const slope = stretch * sign;
  if (mode === 'nearest') return { taps: [{ index: resolve(Math.trunc(at)), weight: 1, slope: 0 }], slope, jump: null };
  // One float32 rounding of the coordinate decides as well on which side it falls.
  const near = Math.round(at);
  const within = noise * stretch + 2 ** -22 * Math.max(1, Math.abs(at));
  const jump = Math.abs(at - near) <= within ? secondDifference(near, resolve) : null;
  return { taps: linearTaps(at, resolve, r), slope, jump };
}

/** x(near − 1) − 2·x(near) + x(near + 1): by how much the slope changes there. */
const secondDifference = (near: number, resolve: (index: number) => number): Tap[] =>
  [1, -2, 1].map((weight, i) => ({ index: resolve(near - 1 + i), weight, slope: 0 }));

/** What the padding makes of a coordinate outside. */
function folded(x: number, low: number, high: number, length: number, padding: string, r: (x: number) => number) {
  if (padding === 'border') return { at: Math.min(Math.max(x, 0), length - 1), sign: 0 };
  if (padding === 'zeros' || high === low)
    return { at: padding === 'zeros' ? x : low, sign: padding === 'zeros' ? 1 : 0 };
  return reflected(x, low, high, r);
}

/** Mirrors a coordinate at both ends until it is inside. */
function reflected(x: number, low: number, high: number, r: (x: number) => number): { at: number; sign: number } {
  const span = high - low;
  const beyond = r(x < low ? low - x : x - high);
  const times = Math.trunc(beyond / span);
  const rest = r(beyond - r(times * span));
  const fromLow = x < low === (times % 2 === 0);
  return { at: r(fromLow ? low + rest : high - rest), sign: fromLow === x < low ? -1 : 1 };
}

function resolverOf(padding: string, low: number, high: number, length: number): (index: number) => number {
  if (padding === 'zeros') return zeroOutside(length);
  if (padding === 'border') return clampInside(length);
  const inside = clampInside(length);
  return (index) => (index < low || index > high ? inside(Math.trunc(mirror(index, low, high))) : inside(index));
}

const mirror = (index: number, low: number, high: number): number =>
  high === low ? low : reflected(index, low, high, (x) => x).at;
