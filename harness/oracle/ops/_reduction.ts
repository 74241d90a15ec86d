import { intAttribute, intsAttribute } from '../../attributes.ts';
import { sizeOf, stridesOf } from '../../shape.ts';
import type { OperatorContext, Value } from '../../types/oracle.ts';
import type { Shape } from '../../types/tensor.ts';
import { numbersOf } from '../value.ts';
import { axisIn, given } from './_context.ts';
import { stridedOffsets } from './_strided.ts';

/** Group g of a reduction is the elements outer[g] + inner[0], outer[g] + inner[1], … of its input. */
export interface Groups {
  readonly shape: Shape;
  readonly outer: Int32Array;
  readonly inner: Int32Array;
}

/**
 * The groups of a Reduce operator. Axes are an attribute before `inputSince`, then input 1; without axes all are reduced,
 * or none where noop_with_empty_axes says so.
 */
export function groupsOf(context: OperatorContext, inputs: readonly (Value | undefined)[], inputSince = 18): Groups {
  const { shape } = given(context, inputs, 0);
  const { attributes, opset } = context;
  const input = opset >= inputSince ? inputs[1] && numbersOf(inputs[1]) : undefined;
  const named = opset >= inputSince ? (input ?? []) : intsAttribute(attributes, 'axes', []);
  const keep = intAttribute(attributes, 'keepdims', 1) !== 0;
  const none = named.length === 0 && intAttribute(attributes, 'noop_with_empty_axes', 0) !== 0;
  const axes = named.length > 0 || none ? named : [...shape.keys()];
  return groupsAlong(shape, new Set(axes.map((axis) => axisIn(context, axis, shape.length))), keep);
}

/** Groups along the given axes, which stay as 1 or are dropped from the result's shape. */
export function groupsAlong(shape: Shape, axes: ReadonlySet<number>, keep: boolean): Groups {
  const strides = stridesOf(shape);
  const along = [...shape.keys()].filter((axis) => axes.has(axis));
  const rest = [...shape.keys()].filter((axis) => !axes.has(axis));
  return {
    shape: keep ? shape.map((d, axis) => (axes.has(axis) ? 1 : d)) : pick(shape, rest),
    outer: stridedOffsets(pick(shape, rest), pick(strides, rest)),
    inner: stridedOffsets(pick(shape, along), pick(strides, along)),
  };
}

/** One number a group. */
export function overGroups({ outer }: Groups, f: (start: number, group: number) => number): Float64Array {
  const out = new Float64Array(outer.length);
  for (let g = 0; g < out.length; g++) out[g] = f(outer[g]!, g);
  return out;
}

/** One number an element, from its group. Elements of no group (there are none) stay 0. */
export function overElements(
  shape: Shape,
  { outer, inner }: Groups,
  f: (at: number, group: number) => number,
): Float64Array {
  const out = new Float64Array(sizeOf(shape));
  for (let g = 0; g < outer.length; g++) {
    for (let i = 0; i < inner.length; i++) out[outer[g]! + inner[i]!] = f(outer[g]! + inner[i]!, g);
  }
  return out;
}

const pick = (from: readonly number[], list: readonly number[]): number[] => list.map((axis) => from[axis]!);
