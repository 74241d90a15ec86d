import { intAttribute } from '../attributes.ts';
import { type Convolution, correlate, correlateWeights, spreadBack } from '../oracle/ops/_convolution.ts';
import { type Sliding, slidingWindow } from '../oracle/ops/_spatial.ts';
import { float64 } from '../oracle/arithmetic.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardContext } from '../types/rule.ts';

/**
 * A convolution or its transpose, as the correlation that it is: `wide` is the side that is padded (Conv's input, ConvTranspose's output),
 * `narrow` the side that counts windows.
 */
export interface Correlation {
  readonly sizes: Convolution;
  readonly wide: Value;
  readonly narrow: Value;
  readonly weight: Value;
  /** True where the wide side is the node's input (Conv). */
  readonly forward: boolean;
}

/** Reads Conv or ConvTranspose on the way back: the values of one side, the cotangent of the other. Null where they do not fit. */
export function correlationOf({ node, inputs, cotangents, attributes }: BackwardContext): Correlation | null {
  const [x, weight] = inputs;
  const dy = cotangents[0];
  if (x === undefined || weight === undefined || dy === undefined) return null;
  const forward = node.op === 'Conv';
  const [wide, narrow] = forward ? [x, dy] : [dy, x];
  const [batch = 1, channels = 1, ...input] = wide.shape;
  const [, features = 1, ...output] = narrow.shape;
  const kernel = weight.shape.slice(2);
  const group = intAttribute(attributes, 'group', 1);
  const window = slidingWindow(attributes, input, kernel);
  const fits = window.output.length === output.length && window.output.every((size, a) => size === output[a]);
  if (!fits && forward) return null;
  const sizes = { batch, channels, features, group, window: { ...window, output } };
  return { sizes, wide, narrow, weight, forward };
}

/** What goes back to the node's input with this weight and this window. */
export function toInput(
  { sizes, wide, narrow, forward }: Correlation,
  weight: Float64Array,
  window: Sliding,
): Float64Array {
  const changed = { ...sizes, window };
  return forward ? spreadBack(narrow.data, weight, changed, float64) : correlate(wide.data, weight, changed, float64);
}

/** What goes back to the weight with this window. */
export const toWeight = ({ sizes, wide, narrow }: Correlation, window: Sliding): Float64Array =>
  correlateWeights(wide.data, narrow.data, { ...sizes, window }, float64);

/** The kernel positions (the axes from 2 on) in reverse order. */
export function flipped({ shape, data }: Value): Float64Array {
  const taps = shape.slice(2).reduce((a, b) => a * b, 1);
  return data.map((_, i) => {
    const tap = i % taps;
    return data[i - tap + (taps - 1 - tap)] as number;
  });
}

/** Windows of a backward pass that ignores padding, stride or dilation, or takes the padding from the other side; each with its name. */
export function* wrongWindows(window: Sliding): Iterable<readonly [string, Sliding]> {
  const zeros = window.begin.map(() => 0);
  const ones = window.strides.map(() => 1);
  const padded = [...window.begin, ...window.end].some((p) => p !== 0);
  const strided = window.strides.some((s) => s !== 1);
  const dilated = window.dilations.some((d) => d !== 1);
  if (padded) yield ['the padding', { ...window, begin: zeros, end: zeros }];
  if (strided) yield ['the stride', { ...window, strides: ones }];
  if (dilated) yield ['the dilation', { ...window, dilations: ones }];
  // The kernel's middle stays where it is: the padding is that of a kernel without gaps.
  const inner = window.kernel.map((k, a) => Math.floor(((k - 1) * ((window.dilations[a] as number) - 1)) / 2));
  const [begin, end] = [window.begin, window.end].map((pads) =>
    pads.map((p, a) => Math.max(0, p - (inner[a] as number))),
  );
  if (dilated && padded)
    yield ['the dilation (padded as without it)', { ...window, begin: begin!, end: end!, dilations: ones }];
  if (padded && strided) yield ['padding and stride', { ...window, begin: zeros, end: zeros, strides: ones }];
  if (padded && dilated) yield ['padding and dilation', { ...window, begin: zeros, end: zeros, dilations: ones }];
  if (strided && dilated) yield ['stride and dilation', { ...window, strides: ones, dilations: ones }];
}
