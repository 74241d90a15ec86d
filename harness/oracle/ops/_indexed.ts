import { sizeOf } from '../../shape.ts';
import type { Cotangent, Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import type { Shape } from '../../types/tensor.ts';
import { cotangentOf, given } from './_context.ts';
import { scatterAdd } from './_strided.ts';

/** Where each element of an output comes from in input 0: −1 is `fill`. Its adjoint is adding each cotangent back there. */
export interface Reading {
  readonly shape: Shape;
  readonly offsets: Int32Array;
}

/**
 * Makes an operator whose output is a rearrangement of its first input: out[i] = x[offsets[i]].
 * `read` is the operator's index formula; `fill` what stands where offsets are −1.
 */
export function indexed(
  op: string,
  read: (context: OperatorContext, inputs: readonly (Value | undefined)[]) => Reading,
  fill: (inputs: readonly (Value | undefined)[]) => number = () => 0,
): Operator {
  return {
    op,
    forward: (context, inputs) => [taken(given(context, inputs, 0), read(context, inputs), fill(inputs))],
    vjp: (context) => [indexedCotangent(context, (c) => read(c, c.inputs))],
  };
}

/** The elements of `x` at a reading's offsets. */
export function taken(x: Value, { shape, offsets }: Reading, fill = 0): Value {
  if (x.strings) {
    const { strings } = x;
    const chosen = Array.from(offsets, (at) => (at < 0 ? '' : strings[at]!));
    return { dtype: 'string', shape: [...shape], data: new Float64Array(0), strings: chosen };
  }
  const data = new Float64Array(offsets.length);
  for (let i = 0; i < data.length; i++) data[i] = offsets[i]! < 0 ? fill : x.data[offsets[i]!]!;
  return { dtype: x.dtype, shape: [...shape], data };
}

/** The cotangent of input 0 of a reading. */
export function indexedCotangent(context: VjpContext, read: (context: VjpContext) => Reading): Cotangent | undefined {
  const dy = context.cotangents[0];
  const x = given(context, context.inputs, 0);
  if (!dy || !context.needs[0]) return undefined;
  const { offsets } = read(context);
  return cotangentOf(x, scatterAdd(dy.data, offsets, sizeOf(x.shape), context.arithmetic.round));
}
