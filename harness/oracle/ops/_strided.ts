import { LayerdiffError } from '../../errors.ts';
import { broadcastShapes, sizeOf, stridesOf } from '../../shape.ts';
import type { OperatorContext } from '../../types/oracle.ts';
import type { Shape } from '../../types/tensor.ts';

/**
 * Where each element of a tensor of `shape` lies in another that is walked with `strides` from `start`:
 * offsets[row-major index of (i0, i1, …)] = start + i0·strides[0] + i1·strides[1] + …
 * Broadcasting is a stride of 0, a transpose permuted strides, a slice multiplied ones.
 */
export function stridedOffsets(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  const out = new Int32Array(sizeOf(shape));
  if (out.length === 0) return out;
  out[0] = start;
  // `filled` indices of the axes so far, spread by one axis after the other; from the back, as source and target overlap.
  let filled = 1;
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis]!;
    const stride = strides[axis]!;
    for (let i = filled - 1; i >= 0; i--) {
      const base = out[i]!;
      for (let j = length - 1; j >= 0; j--) out[i * length + j] = base + j * stride;
    }
    filled *= length;
  }
  return out;
}

/**
 * Like stridedOffsets where the way along an axis is not a stride: tables[axis][i] is what index i of the axis adds to the
 * offset. A negative entry (outside: padding) makes every element there −1.
 */
export function tableOffsets(tables: readonly (readonly number[])[]): Int32Array {
  const out = new Int32Array(sizeOf(tables.map((table) => table.length)));
  if (out.length === 0) return out;
  let filled = 1;
  for (const table of tables) {
    for (let i = filled - 1; i >= 0; i--) {
      const base = out[i]!;
      for (let j = table.length - 1; j >= 0; j--) {
        out[i * table.length + j] = base < 0 || table[j]! < 0 ? -1 : base + table[j]!;
      }
    }
    filled *= table.length;
  }
  return out;
}

/** The element of a tensor of shape `from` that each element of `to` reads when it is broadcast to it. */
export function broadcastOffsets(from: Shape, to: Shape): Int32Array {
  const missing = to.length - from.length;
  const own = stridesOf(from);
  const strides = to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : own[axis - missing]!));
  return stridedOffsets(to, strides);
}

/** The element of a tensor of `shape` that each element of its transpose reads. Axis k of the transpose is axis permutation[k]. */
export function transposedOffsets(shape: Shape, permutation: readonly number[]): Int32Array {
  const strides = stridesOf(shape);
  return stridedOffsets(
    permutation.map((axis) => shape[axis]!),
    permutation.map((axis) => strides[axis]!),
  );
}

/** The shape to which all broadcast. Throws E_SHAPE naming the node. */
export function broadcastAll(context: OperatorContext, shapes: readonly Shape[]): number[] {
  let out: number[] = [];
  for (const shape of shapes) {
    const next = broadcastShapes(out, shape);
    if (!next) {
      throw new LayerdiffError(
        'E_SHAPE',
        context.node.name,
        `the shapes ${shapes.map((s) => `[${s.join(', ')}]`).join(' and ')} do not broadcast`,
        'Give shapes whose trailing dimensions are equal or 1.',
      );
    }
    out = next;
  }
  return out;
}

/** The adjoint of reading through `offsets`: out[offsets[i]] += data[i], in order; negative offsets are dropped. */
export function scatterAdd(
  data: Float64Array,
  offsets: Int32Array,
  size: number,
  round: (x: number) => number,
): Float64Array {
  const out = new Float64Array(size);
  for (let i = 0; i < data.length; i++) {
    const at = offsets[i]!;
    if (at >= 0) out[at] = round(out[at]! + data[i]!);
  }
  return out;
}

/** Sums `data` of shape `from` over the axes along which `to` was broadcast to it. */
export function unbroadcast(data: Float64Array, from: Shape, to: Shape, round: (x: number) => number): Float64Array {
  if (sizeOf(from) === sizeOf(to)) return data;
  return scatterAdd(data, broadcastOffsets(to, from), sizeOf(to), round);
}
