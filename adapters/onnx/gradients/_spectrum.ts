import { int } from '../rule.ts';
import type { TensorMath } from './_tensors.ts';

/** A discrete Fourier transform along one axis of a tensor whose last axis holds real and imaginary part. */
export interface Transform {
  readonly axis: number;
  readonly length: number;
  /** Of the gradient: the axes before and after the transformed one stay. */
  readonly shape: readonly number[];
}

/**
 * Adjoint of the forward transform, onesided or not: Fᴴ dy, which is `length` times the inverse transform. Of a onesided
 * result the missing half had no use, so that its gradient is 0.
 *
 * @returns the shape of dy with `length` along the axis
 */
export function adjointOfForward(math: TensorMath, dy: string, { axis, length, shape }: Transform): string {
  const missing = length - (shape[axis] as number);
  const after = shape.map((_, k) => (k === axis ? missing : 0));
  const whole = math.pad(
    dy,
    shape.map(() => 0),
    after,
  );
  return math.mul(transform(math, whole, axis, true), length);
}

/** Adjoint of the inverse transform: F dy / length. */
export function adjointOfInverse(math: TensorMath, dy: string, { axis, length }: Transform): string {
  return math.div(transform(math, dy, axis, false), length);
}

function transform(math: TensorMath, x: string, axis: number, inverse: boolean): string {
  const at = math.emitter.constant({ dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(axis)) });
  return math.emitter.emit('DFT', [x, '', at], { inverse: int(inverse ? 1 : 0) });
}
