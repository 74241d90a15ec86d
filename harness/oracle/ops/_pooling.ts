import { intAttribute, intsAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { OperatorContext, Value } from '../../types/oracle.ts';
import { misfit } from './_context.ts';
import { forEachTap, type Sliding, slidingWindow, stepOf } from './_spatial.ts';

/** A pooling node on x [batch, channels, ...spatial]: every plane (batch element, channel) is pooled by itself. */
export interface Pooling {
  readonly planes: number;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly window: Sliding;
  /** Of the output: [batch, channels, ...]. */
  readonly shape: readonly number[];
}

/** One window over the whole of each plane. */
export const globalPooling = (context: OperatorContext, x: Value): Pooling =>
  poolingOf({ ...context, attributes: {} }, x);

/** Reads the attributes of a pooling operator; without `kernel_shape` the window is the whole plane. */
export function poolingOf(context: OperatorContext, x: Value): Pooling {
  const [batch = 1, channels = 1, ...spatial] = x.shape;
  const kernel = intsAttribute(context.attributes, 'kernel_shape', undefined) ?? spatial;
  if (kernel.length !== spatial.length) {
    misfit(context, `kernel_shape has ${kernel.length} axes, the input ${spatial.length} spatial ones`);
  }
  const window = slidingWindow(
    context.attributes,
    spatial,
    kernel,
    intAttribute(context.attributes, 'ceil_mode', 0) !== 0,
  );
  return {
    planes: batch * channels,
    inputSize: sizeOf(spatial),
    outputSize: sizeOf(window.output),
    window,
    shape: [batch, channels, ...window.output],
  };
}

/** Visits every (output element, input element in its window), the windows' positions in row-major order. */
export function forEachPooled(pooling: Pooling, visit: (out: number, into: number) => void): void {
  const { planes, inputSize, outputSize, window } = pooling;
  const step = stepOf(window);
  forEachTap(window, (_, runs) => {
    for (let plane = 0; plane < planes; plane++) {
      for (let r = 0; r < runs.length; r += 3) {
        let into = plane * inputSize + runs[r + 1]!;
        const first = plane * outputSize + runs[r]!;
        for (let i = 0; i < runs[r + 2]!; i++, into += step) visit(first + i, into);
      }
    }
  });
}

/**
 * What the sum of each window of a plane is divided by: the input elements in it or, with `padding`, those and its padding.
 * What `ceil_mode` adds beyond the padding never counts.
 */
export function windowCounts(pooling: Pooling, padding: boolean): Float64Array {
  const { window, outputSize } = pooling;
  const none = window.input.map(() => 0);
  const padded = window.input.map((size, a) => size + window.begin[a]! + window.end[a]!);
  const counted = padding ? { ...window, input: padded, begin: none, end: none } : window;
  const counts = new Float64Array(outputSize);
  forEachTap(counted, (_, runs) => {
    for (let r = 0; r < runs.length; r += 3) {
      for (let i = 0; i < runs[r + 2]!; i++) counts[runs[r]! + i] = counts[runs[r]! + i]! + 1;
    }
  });
  return counts;
}
