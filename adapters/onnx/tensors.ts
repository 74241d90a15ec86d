import { LayerdiffError } from '../../harness/errors.ts';
import { sizeOf } from '../../harness/shape.ts';
import { allocate, BYTES, fromBytes } from '../../harness/tensor.ts';
import type { DataType, Shape, Tensor, TensorData, TensorSource } from '../../harness/types/tensor.ts';
import { elementType, isElementType } from './elements.ts';
import { externalBytes } from './external.ts';
import { at, invalid } from './faults.ts';
import type { Long, TensorBody, TensorHead } from './messages.ts';
import { opaqueSource, opaqueTensor, originalOf } from './opaque.ts';
import { bigintOf, decodeMessage, plain, textOf } from './wire.ts';

/** Where a tensor was found: the file, and the folder that external data may lie in (null: none). */
export interface Origin {
  readonly place: string;
  readonly directory: string | null;
}

/** A tensor of a model, its elements not yet read. */
export interface NamedSource {
  readonly name: string;
  readonly source: TensorSource;
}

/**
 * Decodes a TensorProto file (.pb).
 * @throws E_FORMAT, E_MODEL where it is damaged or contradicts itself; E_UNSUPPORTED for a type that cannot be held
 */
export function decodeTensor(bytes: Uint8Array, place: string): { name: string; tensor: Tensor } {
  const { name, source } = decodeSource(bytes, { place, directory: null });
  return { name, tensor: source.read() };
}

/** Reads what a TensorProto says of itself; its elements are decoded each time that the source is read. */
export function decodeSource(bytes: Uint8Array, origin: Origin): NamedSource {
  const head = decodeMessage<TensorHead>('TensorHead', bytes, origin.place);
  const place = at(origin.place, 'tensor', head.name);
  const shape = shapeOf(head.dims, place);
  if (!isElementType(head.dataType)) throw invalid(place, `has no valid element type (${head.dataType})`);
  if (Object.hasOwn(head, 'segment')) {
    throw new LayerdiffError('E_UNSUPPORTED', place, 'is stored in segments', 'Store it in one piece.');
  }
  const dtype = elementType(head.dataType);
  if (dtype === null) return { name: head.name, source: opaqueSource(head.dataType, shape, place, bytes) };
  const read = readerOf(head, bytes, dtype, shape, place, origin.directory);
  return { name: head.name, source: { dtype, shape, read } };
}

/** A tensor of an attribute, which has to be in memory. One of a type that cannot be held throws when it is looked at. */
export function decodeAttributeTensor(bytes: Uint8Array, origin: Origin): Tensor {
  const { source } = decodeSource(bytes, origin);
  return originalOf(source) ? opaqueTensor(source, bytes) : source.read();
}

/** Dimensions as numbers. @throws E_MODEL where one is negative, or their product is beyond what can be counted */
export function shapeOf(dims: readonly Long[], place: string): Shape {
  const shape = dims.map((dim) => dim.toNumber());
  const negative = shape.find((dim) => !(dim >= 0));
  if (negative !== undefined) throw invalid(place, `has a negative dimension (${negative})`);
  const product = shape.reduce((size, dim) => size * Math.max(dim, 1), 1);
  if (!(product <= Number.MAX_SAFE_INTEGER)) throw invalid(place, `is impossibly large ([${shape.join(', ')}])`);
  return shape;
}

function readerOf(
  head: TensorHead,
  bytes: Uint8Array,
  dtype: DataType,
  shape: Shape,
  place: string,
  directory: string | null,
): () => Tensor {
  if (dtype === 'string') {
    if (head.dataLocation === 1 || head.rawData.length > 0) throw invalid(place, 'holds strings as raw bytes');
    return () => typed(bytes, dtype, shape, place);
  }
  const size = sizeOf(shape) * BYTES[dtype];
  if (head.dataLocation === 1) {
    const data = externalBytes(head.externalData, size, place, directory);
    return () => fromBytes(dtype, shape, data());
  }
  if (head.rawData.length === 0 && size > 0) return () => typed(bytes, dtype, shape, place);
  if (head.rawData.length !== size) {
    throw invalid(place, `holds ${head.rawData.length} bytes, but its shape and type need ${size}`);
  }
  return () => fromBytes(dtype, shape, plain(head.rawData));
}

/** The elements in one of the typed lists. */
function typed(bytes: Uint8Array, dtype: DataType, shape: Shape, place: string): Tensor {
  const body = decodeMessage<TensorBody>('TensorBody', bytes, place);
  const list = listFor(body, dtype);
  const size = sizeOf(shape);
  if (list.length !== size) throw invalid(place, `holds ${list.length} elements, but its shape needs ${size}`);
  return { dtype, shape, data: elements(list, dtype) };
}

function listFor(body: TensorBody, dtype: DataType): readonly (number | Long | Uint8Array)[] {
  switch (dtype) {
    case 'float32':
      return body.floatData;
    case 'float64':
      return body.doubleData;
    case 'int64':
      return body.int64Data;
    case 'uint32':
    case 'uint64':
      return body.uint64Data;
    case 'string':
      return body.stringData;
    default:
      return body.int32Data;
  }
}

function elements(list: readonly (number | Long | Uint8Array)[], dtype: DataType): TensorData {
  if (dtype === 'string') return (list as readonly Uint8Array[]).map(textOf);
  const data = allocate(dtype, list.length);
  for (let i = 0; i < data.length; i++) {
    const element = list[i] as number | Long;
    if (dtype === 'bool') data[i] = element === 0 ? 0 : 1;
    else if (typeof element === 'number') data[i] = element;
    else if (dtype === 'uint32') data[i] = element.low >>> 0;
    else data[i] = bigintOf(element) as never;
  }
  return data;
}
