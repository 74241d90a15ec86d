import { intsAttribute, stringAttribute } from '../attributes.ts';
import type { Attribute } from '../types/graph.ts';
import type { ForwardContext } from '../types/rule.ts';
import { again, type Draft, ints, pick, range } from './_draft.ts';

/** How a Conv or pooling node slides over its input, with the padding worked out. One entry a spatial axis. */
export interface Window {
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

/** Reads it off a node, or null where the node has none (a global pool, an unknown shape). */
export function windowOf({ attributes, inputs, outputs, node }: ForwardContext): Window | null {
  const input = inputs[0]?.shape.slice(2) ?? [];
  const output = outputs[0]?.shape.slice(2) ?? [];
  const kernel = intsAttribute(attributes, 'kernel_shape', inputs[1]?.shape.slice(2));
  if (input.length === 0 || output.length !== input.length || kernel?.length !== input.length) return null;
  const ones = input.map(() => 1);
  const strides = intsAttribute(attributes, 'strides', ones);
  const dilations = intsAttribute(attributes, 'dilations', ones);
  const auto = stringAttribute(attributes, 'auto_pad', 'NOTSET');
  const pads = intsAttribute(attributes, 'pads', undefined);
  if (auto === 'NOTSET' || auto === '' || auto === 'VALID') {
    const rank = input.length;
    const given = auto === 'VALID' ? undefined : pads;
    const begin = input.map((_, a) => given?.[a] ?? 0);
    const end = input.map((_, a) => given?.[a + rank] ?? 0);
    return { input, output, kernel, strides, dilations, begin, end };
  }
  const total = input.map((size, a) => spanOf(strides, dilations, kernel, output, a, node.op) - size);
  const low = total.map((t) => Math.max(0, Math.floor(t / 2)));
  const high = total.map((t, a) => Math.max(0, t) - (low[a] as number));
  const upper = auto === 'SAME_UPPER';
  return { input, output, kernel, strides, dilations, begin: upper ? low : high, end: upper ? high : low };
}

function spanOf(
  strides: readonly number[],
  dilations: readonly number[],
  kernel: readonly number[],
  output: readonly number[],
  a: number,
  op: string,
): number {
  if (op === 'ConvTranspose') return 0;
  return (
    ((output[a] as number) - 1) * (strides[a] as number) + (dilations[a] as number) * ((kernel[a] as number) - 1) + 1
  );
}

/** Padding after the input that gives every output its window; negative where the last windows end before the input does. */
export const endNeeded = (window: Window, begin: readonly number[]): number[] =>
  window.input.map(
    (size, a) =>
      spanOf(window.strides, window.dilations, window.kernel, window.output, a, '') - size - (begin[a] as number),
  );

/** The node with another window and an output of the same size: padded after as far as needed, and cropped where it is longer. */
export function slidOtherwise(draft: Draft, context: ForwardContext, window: Window, input?: string): string {
  const end = endNeeded(window, window.begin).map((x) => Math.max(0, x));
  const attributes: Record<string, Attribute> = { ...context.attributes };
  delete attributes.auto_pad;
  delete attributes.ceil_mode;
  attributes.strides = ints(window.strides);
  if (context.attributes.dilations !== undefined || window.dilations.some((d) => d !== 1))
    attributes.dilations = ints(window.dilations);
  attributes.pads = ints([...window.begin, ...end]);
  const node = { ...context.node, attributes };
  let made = again(draft, node, input === undefined ? {} : { 0: input });
  window.output.forEach((size, a) => {
    const stride = window.strides[a] as number;
    const reach = (window.dilations[a] as number) * ((window.kernel[a] as number) - 1) + 1;
    const padded = (window.input[a] as number) + (window.begin[a] as number) + (end[a] as number);
    if (Math.floor((padded - reach) / stride) + 1 > size) made = pick(draft, made, a + 2, range(size));
  });
  return made;
}
