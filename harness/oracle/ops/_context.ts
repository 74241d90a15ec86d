import { LayerdiffError } from '../../errors.ts';
import { sizeOf } from '../../shape.ts';
import type { Cotangent, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import type { DataType, Shape } from '../../types/tensor.ts';

/** Input i, which the operator demands. Throws E_MODEL naming the node where it is absent. */
export function given(context: OperatorContext, inputs: readonly (Value | undefined)[], i: number): Value {
  const value = inputs[i];
  if (value) return value;
  throw new LayerdiffError(
    'E_MODEL',
    context.node.name,
    `${context.node.op} lacks its input ${i}`,
    'Correct the model: the operator demands it.',
  );
}

/** Stops with E_UNSUPPORTED: valid ONNX, but not implemented here. */
export function refuse(context: OperatorContext, reason: string, remedy: string): never {
  throw new LayerdiffError('E_UNSUPPORTED', context.node.name, `${context.node.op}: ${reason}`, remedy);
}

/** Stops with E_SHAPE. */
export function misfit(context: OperatorContext, reason: string): never {
  throw new LayerdiffError(
    'E_SHAPE',
    context.node.name,
    `${context.node.op}: ${reason}`,
    'Correct the shapes, or the attributes that they depend on.',
  );
}

/** The axis from the front. Throws E_SHAPE where it is outside −rank … rank − 1. */
export function axisIn(context: OperatorContext, axis: number, rank: number): number {
  if (-rank <= axis && axis < rank) return axis < 0 ? axis + rank : axis;
  return misfit(context, `axis ${axis} is outside a tensor of rank ${rank}`);
}

/** A shape seen as [outer, length, inner] around one axis. */
export function around(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis] ?? 1, inner: sizeOf(shape.slice(axis + 1)) };
}

/** A value of float results in the type of `like`. */
export function like(value: Value, data: Float64Array, shape: Shape = value.shape): Value {
  return { dtype: value.dtype, shape: [...shape], data };
}

/** A cotangent for `input`: its type and shape. `slack` where something lies at a kink or a tie. */
export function cotangentOf(input: Value, data: Float64Array, slack?: Float64Array | null): Cotangent {
  const value: Value = { dtype: input.dtype, shape: input.shape, data };
  return slack ? { value, slack } : { value };
}

/** The cotangent of output i as elements; zeros where none arrives. Size is that of the output. */
export function cotangentData(context: VjpContext, i: number): Float64Array {
  return context.cotangents[i]?.data ?? new Float64Array(context.outputs[i]?.data.length ?? 0);
}

const BITS: Partial<Record<DataType, readonly [bits: number, signed: boolean]>> = {
  int8: [8, true],
  int16: [16, true],
  int32: [32, true],
  uint8: [8, false],
  uint16: [16, false],
  uint32: [32, false],
};

/**
 * What follows each operation on elements of a type: the arithmetic's rounding for floats, truncation and wrapping (two's complement) for integers.
 * 64-bit integers throw E_UNSUPPORTED beyond 2^53, where float64 would lose their last digits.
 */
export function rounding(context: OperatorContext, dtype: DataType): (x: number) => number {
  const bits = BITS[dtype];
  if (bits) return wrap(...bits);
  if (dtype !== 'int64' && dtype !== 'uint64') return context.arithmetic.round;
  return (x) =>
    Math.abs(x) <= Number.MAX_SAFE_INTEGER
      ? Math.trunc(x)
      : refuse(context, `the ${dtype} result ${x} is beyond 2^53`, 'Keep 64-bit integers below 2^53.');
}

function wrap(bits: number, signed: boolean): (x: number) => number {
  const span = 2 ** bits;
  const half = signed ? span / 2 : span;
  return (x) => {
    const low = ((Math.trunc(x) % span) + span) % span;
    return low >= half ? low - span : low;
  };
}
