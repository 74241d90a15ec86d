import { sizeOf, stridesOf } from '../../shape.ts';
import type { Arithmetic } from '../../types/oracle.ts';
import type { Convolution } from './_convolution.ts';
import { rowsOf } from './_rows.ts';
import { forEachTap, stepOf } from './_spatial.ts';

/** `correlate` at some elements of y, each summed in the same order. */
export function correlateAt(
  x: Float64Array,
  w: Float64Array,
  sizes: Convolution,
  elements: Int32Array,
  arithmetic: Arithmetic,
): Float64Array {
  const { inputSize, outputSize, taps, perGroup, featuresPerGroup } = extents(sizes);
  const { dot } = rowsOf(arithmetic);
  const inputOf = inputOffset(sizes);
  return Float64Array.from(elements, (element) => {
    const o = element % outputSize;
    const m = Math.floor(element / outputSize) % sizes.features;
    const n = Math.floor(element / (outputSize * sizes.features));
    const plane = (n * sizes.channels + Math.floor(m / featuresPerGroup) * perGroup) * inputSize;
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const at = inputOf(o, tap);
      if (at >= 0) sum = dot(sum, w, m * perGroup * taps + tap, taps, x, plane + at, inputSize, perGroup);
    }
    return sum;
  });
}

/** `spreadBack` at some elements of x, each summed in the same order. */
export function spreadBackAt(
  y: Float64Array,
  w: Float64Array,
  sizes: Convolution,
  elements: Int32Array,
  arithmetic: Arithmetic,
): Float64Array {
  const { inputSize, outputSize, taps, perGroup, featuresPerGroup } = extents(sizes);
  const { dot } = rowsOf(arithmetic);
  const outputOf = outputOffset(sizes);
  return Float64Array.from(elements, (element) => {
    const i = element % inputSize;
    const c = Math.floor(element / inputSize) % sizes.channels;
    const n = Math.floor(element / (inputSize * sizes.channels));
    const first = Math.floor(c / perGroup) * featuresPerGroup;
    const pair = first * perGroup + (c % perGroup);
    const plane = (n * sizes.features + first) * outputSize;
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const at = outputOf(i, tap);
      if (at >= 0) sum = dot(sum, w, pair * taps + tap, perGroup * taps, y, plane + at, outputSize, featuresPerGroup);
    }
    return sum;
  });
}

/** `correlateWeights` at some elements of w, each summed in the same order. */
export function correlateWeightsAt(
  x: Float64Array,
  y: Float64Array,
  sizes: Convolution,
  elements: Int32Array,
  arithmetic: Arithmetic,
): Float64Array {
  const { inputSize, outputSize, taps, perGroup, featuresPerGroup } = extents(sizes);
  const { dot } = rowsOf(arithmetic);
  const step = stepOf(sizes.window);
  const runsOfTap: Int32Array[] = [];
  forEachTap(sizes.window, (tap, runs) => void (runsOfTap[tap] = runs));
  return Float64Array.from(elements, (element) => {
    const runs = runsOfTap[element % taps] as Int32Array;
    const pair = Math.floor(element / taps);
    const m = Math.floor(pair / perGroup);
    const c = Math.floor(m / featuresPerGroup) * perGroup + (pair % perGroup);
    let sum = 0;
    for (let n = 0; n < sizes.batch; n++) {
      const [yBase, xBase] = [(n * sizes.features + m) * outputSize, (n * sizes.channels + c) * inputSize];
      for (let r = 0; r < runs.length; r += 3)
        sum = dot(sum, y, yBase + runs[r]!, 1, x, xBase + runs[r + 1]!, step, runs[r + 2]!);
    }
    return sum;
  });
}

function extents({ window, channels, features, group }: Convolution) {
  const { input, output, kernel } = window;
  const [perGroup, featuresPerGroup] = [channels / group, features / group];
  return { inputSize: sizeOf(input), outputSize: sizeOf(output), taps: sizeOf(kernel), perGroup, featuresPerGroup };
}

/** Where a kernel position of the window at an output lies in the input; −1 on padding. */
function inputOffset({ window }: Convolution): (output: number, tap: number) => number {
  const { input, output, kernel, strides, dilations, begin } = window;
  const [from, to, taps] = [stridesOf(output), stridesOf(input), stridesOf(kernel)];
  return (o, tap) => {
    let offset = 0;
    for (let a = 0; a < input.length; a++) {
      const place = Math.floor(o / from[a]!) % output[a]!;
      const k = Math.floor(tap / taps[a]!) % kernel[a]!;
      const i = place * strides[a]! + k * dilations[a]! - begin[a]!;
      if (i < 0 || i >= input[a]!) return -1;
      offset += i * to[a]!;
    }
    return offset;
  };
}

/** The output whose window has this kernel position on an input; −1 where there is none. */
function outputOffset({ window }: Convolution): (input: number, tap: number) => number {
  const { input, output, kernel, strides, dilations, begin } = window;
  const [from, to, taps] = [stridesOf(input), stridesOf(output), stridesOf(kernel)];
  return (i, tap) => {
    let offset = 0;
    for (let a = 0; a < input.length; a++) {
      const place = Math.floor(i / from[a]!) % input[a]!;
      const k = Math.floor(tap / taps[a]!) % kernel[a]!;
      const reach = place + begin[a]! - k * dilations[a]!;
      const o = reach / strides[a]!;
      if (!Number.isInteger(o) || o < 0 || o >= output[a]!) return -1;
      offset += o * to[a]!;
    }
    return offset;
  };
}
