import { broadcastShapes, sizeOf } from '../../../harness/shape.ts';
import type { Shape } from '../../../harness/types/tensor.ts';
import type { GradientContext } from '../rule.ts';
import { ints } from '../rule.ts';
import { reshape } from './_reshape.ts';

/** One side of a matrix product. */
export interface Factor {
  readonly name: string;
  readonly shape: Shape;
  readonly needed: boolean;
}

/**
 * Gradients of numpy's matmul: dA = dY · Bᵀ, dB = Aᵀ · dY, summed over the batch axes along which a factor was broadcast.
 * A vector counts as one row on the left, as one column on the right.
 */
export function matMulGradients(
  context: GradientContext,
  dy: string,
  factors: readonly Factor[],
): (string | undefined)[] {
  const [a, b] = [promote(context, factors[0] as Factor, 0), promote(context, factors[1] as Factor, 1)];
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)) as number[];
  const [rows, inner, columns] = [a.shape.at(-2) as number, a.shape.at(-1) as number, b.shape.at(-1) as number];
  const vectors = factors.some((factor) => factor.shape.length === 1);
  const dY = vectors ? reshape(context, dy, [...batch, rows, columns]) : dy;
  const left = (): string => {
    const product = context.emit('MatMul', [dY, transposed(context, b)]);
    return context.unbroadcast(product, [...batch, rows, inner], a.shape);
  };
  const right = (): string => {
    if (b.shape.length === 2 && batch.length > 0) return oneRightFactor(context, a, dY, inner, columns);
    const product = context.emit('MatMul', [transposed(context, a), dY]);
    return context.unbroadcast(product, [...batch, inner, columns], b.shape);
  };
  return [
    a.needed ? demote(context, left(), factors[0] as Factor) : undefined,
    b.needed ? demote(context, right(), factors[1] as Factor) : undefined,
  ];
}

/** B serves every batch of A: all rows of all batches make one long product, instead of one matrix a batch and their sum. */
function oneRightFactor(context: GradientContext, a: Factor, dY: string, inner: number, columns: number): string {
  const rows = sizeOf(a.shape.slice(0, -1));
  const long = { ...a, name: reshape(context, a.name, [rows, inner]), shape: [rows, inner] };
  return context.emit('MatMul', [transposed(context, long), reshape(context, dY, [rows, columns])]);
}

function promote(context: GradientContext, factor: Factor, axis: 0 | 1): Factor {
  if (factor.shape.length !== 1) return factor;
  const shape = axis === 0 ? [1, ...factor.shape] : [...factor.shape, 1];
  return { ...factor, shape, name: reshape(context, factor.name, shape) };
}

function demote(context: GradientContext, gradient: string, factor: Factor): string {
  return factor.shape.length === 1 ? reshape(context, gradient, factor.shape) : gradient;
}

function transposed(context: GradientContext, factor: Factor): string {
  const perm = factor.shape.map((_, axis) => axis);
  const rank = perm.length;
  return context.emit('Transpose', [factor.name], { perm: ints([...perm.slice(0, -2), rank - 1, rank - 2]) });
}
