import { LayerdiffError } from '../../harness/errors.ts';
import { sameShape, sizeOf, stridesOf } from '../../harness/shape.ts';
import { allocate, toNumbers } from '../../harness/tensor.ts';
import type { Shape, Tensor } from '../../harness/types/tensor.ts';
import { at, invalid } from './faults.ts';
import type { SparseTensorProto } from './messages.ts';
import { decodeSource, type NamedSource, type Origin, shapeOf } from './tensors.ts';

/** A few bytes may claim a dense tensor of any size: larger ones than this are refused. */
const MOST_ELEMENTS = 2 ** 28;

/** A sparse tensor as a dense one, filled when it is read. Its name is that of its values. */
export function decodeSparse(proto: SparseTensorProto, origin: Origin): NamedSource {
  const values = decodeSource(proto.values, origin);
  const place = at(origin.place, 'sparse tensor', values.name);
  const shape = shapeOf(proto.dims, place);
  const { dtype } = values.source;
  if (!(sizeOf(shape) <= MOST_ELEMENTS)) {
    const reason = `has ${sizeOf(shape)} elements when dense, more than ${MOST_ELEMENTS}`;
    throw new LayerdiffError('E_LIMIT', place, reason, 'Store a smaller tensor.');
  }
  const read = (): Tensor => {
    const stored = values.source.read();
    const offsets = offsetsOf(decodeSource(proto.indices, origin).source.read(), shape, stored.data.length, place);
    if (dtype === 'string') return { dtype, shape, data: scatter(Array.from({ length: sizeOf(shape) }, () => '')) };
    return { dtype, shape, data: scatter(allocate(dtype, sizeOf(shape))) };

    function scatter<T extends { [index: number]: unknown }>(dense: T): T {
      offsets.forEach((offset, i) => {
        (dense as Record<number, unknown>)[offset] = stored.data[i];
      });
      return dense;
    }
  };
  return { name: values.name, source: { dtype, shape, read } };
}

/** indices: [values] offsets, or [values, rank] positions. */
function offsetsOf(indices: Tensor, shape: Shape, count: number, place: string): number[] {
  const positions = indices.shape.length === 2;
  const bounds = positions ? shape : [sizeOf(shape)];
  const strides = stridesOf(bounds);
  if (indices.dtype !== 'int64' || !sameShape(indices.shape, positions ? [count, shape.length] : [count])) {
    throw invalid(place, `has ${count} values, but indices of shape [${indices.shape.join(', ')}]`);
  }
  const numbers = toNumbers(indices);
  return Array.from({ length: count }, (_, i) =>
    bounds.reduce((offset, bound, axis) => {
      const position = numbers[i * bounds.length + axis] as number;
      if (!(position >= 0 && position < bound)) throw invalid(place, `has an index out of range (${position})`);
      return offset + position * (strides[axis] as number);
    }, 0),
  );
}
