import { sizeOf } from '../../shape.ts';
import type { Arithmetic } from '../../types/oracle.ts';
import { rowsOf } from './_rows.ts';
import { forEachTap, type Sliding, stepOf } from './_spatial.ts';

/** The sizes of a grouped convolution: x [batch, channels, ...input], w [features, channels/group, ...kernel], y [batch, features, ...output]. */
export interface Convolution {
  readonly batch: number;
  readonly channels: number;
  readonly features: number;
  readonly group: number;
  readonly window: Sliding;
}

/** y[n, m, o] = Σ over kernel positions k and channels c of w[m, c, k] · x[n, c, o·stride + k·dilation − pad]. */
export function correlate(x: Float64Array, w: Float64Array, sizes: Convolution, arithmetic: Arithmetic): Float64Array {
  const { outputSize, taps } = extents(sizes);
  const y = new Float64Array(sizes.batch * sizes.features * outputSize);
  const { add } = rowsOf(arithmetic);
  const step = stepOf(sizes.window);
  forEachMeeting(sizes, (tap, runs, pair, yBase, xBase) => {
    const weight = w[pair * taps + tap]!;
    for (let r = 0; r < runs.length; r += 3)
      add(y, yBase + runs[r]!, 1, weight, x, xBase + runs[r + 1]!, step, runs[r + 2]!);
  });
  return y;
}

/** The adjoint in x: x[n, c, i] = Σ over k and features m of w[m, c, k] · y[n, m, o], o being where k of its window lies on i. */
export function spreadBack(y: Float64Array, w: Float64Array, sizes: Convolution, arithmetic: Arithmetic): Float64Array {
  const { inputSize, taps } = extents(sizes);
  const x = new Float64Array(sizes.batch * sizes.channels * inputSize);
  const { add } = rowsOf(arithmetic);
  const step = stepOf(sizes.window);
  forEachMeeting(sizes, (tap, runs, pair, yBase, xBase) => {
    const weight = w[pair * taps + tap]!;
    for (let r = 0; r < runs.length; r += 3)
      add(x, xBase + runs[r + 1]!, step, weight, y, yBase + runs[r]!, 1, runs[r + 2]!);
  });
  return x;
}

/** The adjoint in w: w[m, c, k] = Σ over batch and output positions of y[n, m, o] · x[n, c, o·stride + k·dilation − pad]. */
export function correlateWeights(
  x: Float64Array,
  y: Float64Array,
  sizes: Convolution,
  arithmetic: Arithmetic,
): Float64Array {
  const { taps } = extents(sizes);
  const w = new Float64Array(sizes.features * (sizes.channels / sizes.group) * taps);
  const { dot } = rowsOf(arithmetic);
  const step = stepOf(sizes.window);
  forEachMeeting(sizes, (tap, runs, pair, yBase, xBase) => {
    let sum = w[pair * taps + tap]!;
    for (let r = 0; r < runs.length; r += 3)
      sum = dot(sum, y, yBase + runs[r]!, 1, x, xBase + runs[r + 1]!, step, runs[r + 2]!);
    w[pair * taps + tap] = sum;
  });
  return w;
}

/** Adds bias[channel] to every position of y [batch, channels, positions], in place. */
export function addBias(
  y: Float64Array,
  bias: Float64Array,
  positions: number,
  round: Arithmetic['round'],
): Float64Array {
  for (let i = 0; i < y.length; i++) y[i] = round(y[i]! + bias[Math.floor(i / positions) % bias.length]!);
  return y;
}

/** Sums y [batch, channels, positions] over all but its channels. */
export function sumByChannel(
  y: Float64Array,
  channels: number,
  positions: number,
  round: Arithmetic['round'],
): Float64Array {
  const sums = new Float64Array(channels);
  for (let i = 0; i < y.length; i++) {
    const channel = Math.floor(i / positions) % channels;
    sums[channel] = round(sums[channel]! + y[i]!);
  }
  return sums;
}

/**
 * Visits every kernel position, batch element, feature and channel that meet. `pair` counts (feature, channel in its group) as
 * the weights are laid out; yBase and xBase are where the two planes start.
 */
function forEachMeeting(
  sizes: Convolution,
  visit: (tap: number, runs: Int32Array, pair: number, yBase: number, xBase: number) => void,
): void {
  const { inputSize, outputSize } = extents(sizes);
  const { batch, channels, features, group } = sizes;
  const perGroup = channels / group;
  const featuresPerGroup = features / group;
  forEachTap(sizes.window, (tap, runs) => {
    for (let n = 0; n < batch; n++) {
      for (let m = 0; m < features; m++) {
        const first = n * channels + Math.floor(m / featuresPerGroup) * perGroup;
        const yBase = (n * features + m) * outputSize;
        for (let c = 0; c < perGroup; c++) visit(tap, runs, m * perGroup + c, yBase, (first + c) * inputSize);
      }
    }
  });
}

function extents(sizes: Convolution): { inputSize: number; outputSize: number; taps: number } {
  const { input, output, kernel } = sizes.window;
  return { inputSize: sizeOf(input), outputSize: sizeOf(output), taps: sizeOf(kernel) };
}
