import type { DataType, Shape } from '../../../harness/types/tensor.ts';
import { elementNumber } from '../elements.ts';
import type { Emitter } from '../rule.ts';
import { int, ints } from '../rule.ts';
import type { GraphMath } from './_math.ts';
import { mathOf } from './_math.ts';
import { reshape } from './_reshape.ts';

/** {@link GraphMath} with what moves and sums whole axes. Sums keep their axes as 1 unless said. */
export interface TensorMath extends GraphMath {
  readonly emitter: Emitter;
  readonly dtype: DataType;
  readonly sum: (x: string, axes: readonly number[], keep?: boolean) => string;
  readonly mean: (x: string, axes: readonly number[]) => string;
  readonly matmul: (x: string, y: string) => string;
  readonly reshape: (x: string, shape: Shape) => string;
  readonly expand: (x: string, shape: Shape) => string;
  readonly transpose: (x: string, order: readonly number[]) => string;
  readonly concat: (parts: readonly string[], axis: number) => string;
  /** Elements start … end − 1 of one axis. */
  readonly slice: (x: string, axis: number, start: number, end: number) => string;
  /** Zeros before and after each axis; negative numbers crop. */
  readonly pad: (x: string, before: readonly number[], after: readonly number[]) => string;
  readonly cast: (x: string, dtype?: DataType) => string;
  readonly where: (condition: string, x: string | number, y: string | number) => string;
}

/** Graph arithmetic on tensors of the float type `dtype`. */
export function tensorsOf(emitter: Emitter, dtype: DataType): TensorMath {
  const { emit, ints: vector } = emitter;
  return {
    ...mathOf(emitter, dtype),
    emitter,
    dtype,
    sum: (x, axes, keep = true) =>
      axes.length === 0 ? x : emit('ReduceSum', [x, vector(axes)], { keepdims: int(keep ? 1 : 0) }),
    mean: (x, axes) => emit('ReduceMean', [x, vector(axes)], { keepdims: int(1) }),
    matmul: (x, y) => emit('MatMul', [x, y]),
    reshape: (x, shape) => reshape(emitter, x, shape),
    expand: (x, shape) => emit('Expand', [x, vector(shape)]),
    transpose: (x, order) => (order.every((axis, k) => axis === k) ? x : emit('Transpose', [x], { perm: ints(order) })),
    concat: (parts, axis) => (parts.length === 1 ? (parts[0] as string) : emit('Concat', parts, { axis: int(axis) })),
    slice: (x, axis, start, end) => emit('Slice', [x, vector([start]), vector([end]), vector([axis])]),
    pad: (x, before, after) =>
      [...before, ...after].every((n) => n === 0) ? x : emit('Pad', [x, vector([...before, ...after])]),
    cast: (x, to = dtype) => emit('Cast', [x], { to: int(elementNumber(to)) }),
  };
}

/** 0 … count − 1. */
export function range(count: number, first = 0): number[] {
  return Array.from({ length: count }, (_, k) => first + k);
}
