import { intsAttribute, stringAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Attributes } from '../../types/graph.ts';
import type { Shape } from '../../types/tensor.ts';

/** How a window slides over the spatial axes of a tensor [batch, channel, ...spatial]. One entry a spatial axis. */
export interface Sliding {
  readonly input: Shape;
  readonly output: Shape;
  readonly kernel: Shape;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after. */
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

/**
 * Reads `strides`, `dilations`, `pads` and `auto_pad` and works out the output's size (ONNX Conv and pooling operators):
 * ⌊(in + pads − (dilation·(kernel − 1) + 1)) / stride⌋ + 1, or ⌈…⌉ with `ceil`, where a last window that would start
 * beyond the input and its padding before is left out.
 */
export function slidingWindow(attributes: Attributes, input: Shape, kernel: Shape, ceil = false): Sliding {
  const ones = input.map(() => 1);
  const strides = intsAttribute(attributes, 'strides', ones);
  const dilations = intsAttribute(attributes, 'dilations', ones);
  const auto = stringAttribute(attributes, 'auto_pad', 'NOTSET');
  const pads = auto === 'NOTSET' ? intsAttribute(attributes, 'pads', undefined) : undefined;
  const begin = input.map((_, a) => pads?.[a] ?? 0);
  const end = input.map((_, a) => pads?.[a + input.length] ?? 0);
  const output: number[] = [];
  input.forEach((size, a) => {
    const stride = strides[a] as number;
    const extent = (dilations[a] as number) * ((kernel[a] as number) - 1) + 1;
    if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
      const count = Math.ceil(size / stride);
      const total = Math.max((count - 1) * stride + extent - size, 0);
      begin[a] = auto === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
      end[a] = total - (begin[a] as number);
      output.push(count);
      return;
    }
    const steps = (size + (begin[a] as number) + (end[a] as number) - extent) / stride;
    let count = Math.max((ceil ? Math.ceil(steps) : Math.floor(steps)) + 1, 0);
    if (ceil && (count - 1) * stride >= size + (begin[a] as number)) count--;
    output.push(count);
  });
  return { input, output, kernel, strides, dilations, begin, end };
}

/** How many elements of the input lie between two neighbours of a run. */
export function stepOf(window: Sliding): number {
  return window.strides.at(-1) as number;
}

/**
 * Calls `visit` once a kernel position, in row-major order, with the places where that position meets the input: triples
 * (offset in the output, offset in the input, how many along the last axis), both offsets within one channel. Along a run the output's offset
 * grows by 1 and the input's by `stepOf(window)`. What falls on padding is in no run.
 */
export function forEachTap(window: Sliding, visit: (tap: number, runs: Int32Array) => void): void {
  const taps = sizeOf(window.kernel);
  const position = window.kernel.map(() => 0);
  for (let tap = 0; tap < taps; tap++) {
    visit(tap, runsOf(window, position));
    for (let a = position.length - 1; a >= 0; a--) {
      position[a] = (position[a] as number) + 1;
      if ((position[a] as number) < (window.kernel[a] as number)) break;
      position[a] = 0;
    }
  }
}

function runsOf(window: Sliding, position: readonly number[]): Int32Array {
  const { input, output, strides, dilations, begin } = window;
  const last = input.length - 1;
  const shift = position.map((k, a) => k * (dilations[a] as number) - (begin[a] as number));
  const from = shift.map((s, a) => Math.max(0, Math.ceil(-s / (strides[a] as number))));
  const to = shift.map((s, a) =>
    Math.min(output[a] as number, Math.floor(((input[a] as number) - 1 - s) / (strides[a] as number)) + 1),
  );
  const runs: number[] = [];
  const walk = (a: number, out: number, into: number): void => {
    const lo = from[a] as number;
    const hi = to[a] as number;
    const outBase = out * (output[a] as number);
    const inBase = into * (input[a] as number) + (shift[a] as number);
    if (a === last) {
      if (lo < hi) runs.push(outBase + lo, inBase + lo * (strides[a] as number), hi - lo);
      return;
    }
    for (let o = lo; o < hi; o++) walk(a + 1, outBase + o, inBase + o * (strides[a] as number));
  };
  walk(0, 0, 0);
  return Int32Array.from(runs);
}
