import { intAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { OperatorContext, Value } from '../../types/oracle.ts';
import { around, axisIn } from './_context.ts';

/** A tensor seen as [outer, length, inner]: what is normalised runs along the middle. */
export interface Lines {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** Along which elements Softmax, LogSoftmax and Hardmax run: one axis since opset 13; before, all axes from `axis` (default 1) on as one. */
export function softmaxLines(context: OperatorContext, x: Value): Lines {
  const { attributes, opset } = context;
  const rank = x.shape.length;
  if (opset >= 13) return around(x.shape, axisIn(context, intAttribute(attributes, 'axis', -1), rank));
  const axis = axisIn(context, intAttribute(attributes, 'axis', 1), rank);
  return { outer: sizeOf(x.shape.slice(0, axis)), length: sizeOf(x.shape.slice(axis)), inner: 1 };
}

/** Calls `visit` with the offset of each line's first element; its k-th lies at first + k·inner. */
export function forEachLine({ outer, length, inner }: Lines, visit: (first: number) => void): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) visit(o * length * inner + i);
  }
}

/** Largest element of a line; NaN if one is. */
export function largestOf(x: Float64Array, first: number, { length, inner }: Lines): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < length; k++) largest = Math.max(largest, x[first + k * inner]!);
  return largest;
}

/** exp(x − max) / Σ exp(x − max) along each line. A line of −∞ alone has no softmax: NaN. */
export function softmaxOf(x: Float64Array, lines: Lines, round: (x: number) => number): Float64Array {
  const y = new Float64Array(x.length);
  forEachLine(lines, (first) => {
    const largest = largestOf(x, first, lines);
    let sum = 0;
    for (let k = 0, at = first; k < lines.length; k++, at += lines.inner) {
      y[at] = round(Math.exp(round(x[at]! - largest)));
      sum = round(sum + y[at]!);
    }
    for (let k = 0, at = first; k < lines.length; k++, at += lines.inner) y[at] = round(y[at]! / sum);
  });
  return y;
}

/** x − max − log Σ exp(x − max) along each line. */
export function logSoftmaxOf(x: Float64Array, lines: Lines, round: (x: number) => number): Float64Array {
  const y = new Float64Array(x.length);
  forEachLine(lines, (first) => {
    const largest = largestOf(x, first, lines);
    let sum = 0;
    for (let k = 0, at = first; k < lines.length; k++, at += lines.inner) {
      y[at] = round(x[at]! - largest);
      sum = round(sum + round(Math.exp(y[at]!)));
    }
    const log = round(Math.log(sum));
    for (let k = 0, at = first; k < lines.length; k++, at += lines.inner) y[at] = round(y[at]! - log);
  });
  return y;
}

/** The cotangent of x from that of y = softmax(x): y · (dy − Σ dy·y). */
export function softmaxBack(
  y: Float64Array,
  dy: Float64Array,
  lines: Lines,
  round: (x: number) => number,
): Float64Array {
  const dx = new Float64Array(y.length);
  forEachLine(lines, (first) => {
    let sum = 0;
    for (let k = 0, at = first; k < lines.length; k++, at += lines.inner) sum = round(sum + round(dy[at]! * y[at]!));
    for (let k = 0, at = first; k < lines.length; k++, at += lines.inner) dx[at] = round(y[at]! * round(dy[at]! - sum));
  });
  return dx;
}

/** The cotangent of x from that of y = log softmax(x): dy − exp(y) · Σ dy. */
export function logSoftmaxBack(
  y: Float64Array,
  dy: Float64Array,
  lines: Lines,
  round: (x: number) => number,
): Float64Array {
  const dx = new Float64Array(y.length);
  forEachLine(lines, (first) => {
    let sum = 0;
    for (let k = 0, at = first; k < lines.length; k++, at += lines.inner) sum = round(sum + dy[at]!);
    for (let k = 0, at = first; k < lines.length; k++, at += lines.inner) {
      dx[at] = round(dy[at]! - round(round(Math.exp(y[at]!)) * sum));
    }
  });
  return dx;
}
