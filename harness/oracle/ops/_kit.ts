import { sizeOf } from '../../shape.ts';
import type { Value, VjpContext } from '../../types/oracle.ts';
import type { DataType, Shape } from '../../types/tensor.ts';

/** A value of the given type and shape; zeros where no elements are given. */
export function makeValue(dtype: DataType, shape: Shape, data?: Float64Array): Value {
  return { dtype, shape: [...shape], data: data ?? new Float64Array(sizeOf(shape)) };
}

/** d loss / d output `index`, as elements; undefined where nothing leads from that output to the loss. */
export function seedOf(context: VjpContext, index: number): Float64Array | undefined {
  return context.cotangents[index]?.data;
}

/** True where input `index` is there and its cotangent is asked for. */
export function wants(context: VjpContext, index: number): boolean {
  return context.needs[index] === true && context.inputs[index] !== undefined;
}

/** 0, 1, … count − 1. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
