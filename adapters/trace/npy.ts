import { LayerdiffError } from '../../harness/errors.ts';
import { sizeOf } from '../../harness/shape.ts';
import { BYTES, fromBytes } from '../../harness/tensor.ts';
import type { Shape, Tensor } from '../../harness/types/tensor.ts';
import { damaged, placeOf, shapeFrom, shorten } from './archive.ts';
import { normalised, type StoredType } from './safetensors.ts';

/** numpy's names of the types, without the byte order. bfloat16 has none. */
export const NUMPY_TYPES: ReadonlyMap<string, StoredType> = new Map([
  ['f8', 'float64'],
  ['f4', 'float32'],
  ['f2', 'float16'],
  ['i8', 'int64'],
  ['i4', 'int32'],
  ['i2', 'int16'],
  ['i1', 'int8'],
  ['u8', 'uint64'],
  ['u4', 'uint32'],
  ['u2', 'uint16'],
  ['u1', 'uint8'],
  ['b1', 'bool'],
]);

/** What the head of a .npy file says. `start` is where the elements begin. */
export interface NpyHeader {
  readonly dtype: StoredType;
  readonly shape: Shape;
  readonly fortran: boolean;
  readonly bigEndian: boolean;
  readonly start: number;
}

/** Reads the head of a .npy file of `size` bytes, and proves its claims against the size. Throws E_FORMAT, E_UNSUPPORTED. */
export function parseNpyHeader(head: Uint8Array, size: number, path: string, name: string): NpyHeader {
  const magic = String.fromCharCode(...head.subarray(0, 6));
  const version = head[6];
  if (magic !== '\x93NUMPY' || version === undefined || version < 1 || version > 3 || head.length < 12) {
    throw damaged(path, name, 'does not begin as a .npy file of version 1, 2 or 3', 'Write the file with numpy.savez.');
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const [prefix, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const start = prefix + length;
  if (!(start <= head.length))
    throw damaged(path, name, `its header claims ${length} bytes, ${head.length} can be read`);
  const text = new TextDecoder().decode(head.subarray(prefix, start));
  const header = { ...fieldsFrom(text, path, name), start };
  const needed = start + sizeOf(header.shape) * BYTES[header.dtype];
  if (needed !== size) {
    const claim = `shape [${shorten(header.shape.join(', '))}] of ${header.dtype} takes ${needed} bytes, the member has ${size}`;
    throw damaged(path, name, claim);
  }
  return header;
}

/** The header is a Python dictionary literal, always with these three keys. */
function fieldsFrom(text: string, path: string, name: string): Omit<NpyHeader, 'start'> {
  const descr = /['"]descr['"]\s*:\s*(?:['"]([^'"]*)['"]|(\[))/.exec(text);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text);
  const shape = /['"]shape['"]\s*:\s*\(([\d\sL,]*)\)/.exec(text);
  if (!descr || !order || !shape) throw damaged(path, name, `its header is no .npy header: ${shorten(text.trim())}`);
  if (descr[2] !== undefined) throw unsupported(path, name, 'a record array');
  const dimensions = (shape[1] as string).split(',').map((part) => part.trim().replace(/L$/, ''));
  if (dimensions[dimensions.length - 1] === '') dimensions.pop();
  // An empty part would be read as 0.
  const numbers = dimensions.map((part) => (part === '' ? Number.NaN : Number(part)));
  const type = /^([<>|=])?([a-zA-Z]\d*)$/.exec(descr[1] as string);
  const dtype = NUMPY_TYPES.get(type?.[2] ?? '');
  if (!type || dtype === undefined)
    throw unsupported(path, name, `elements of numpy type "${shorten(descr[1] as string)}"`);
  return { dtype, shape: shapeFrom(numbers, path, name), fortran: order[1] === 'True', bigEndian: type[1] === '>' };
}

/** The elements in row-major order, little-endian. `bytes` are the member's, and are not used again by the caller. */
export function decodeNpy(bytes: Uint8Array, { dtype, shape, fortran, bigEndian, start }: NpyHeader): Tensor {
  // Not `slice`: what was inflated is a Buffer, whose slices share its memory and keep its alignment.
  const elements = new Uint8Array(bytes.subarray(start));
  const width = BYTES[dtype];
  if (bigEndian) for (let at = 0; at < elements.length; at += width) elements.subarray(at, at + width).reverse();
  const tensor = normalised(fromBytes(dtype, shape, elements));
  return fortran && shape.length > 1 ? rowMajor(tensor) : tensor;
}

/** Reorders elements that were stored with the first axis running fastest. */
function rowMajor({ dtype, shape, data }: Tensor): Tensor {
  const source = data as Float32Array;
  const out = source.slice();
  const strides: number[] = [];
  for (let axis = 0, stride = 1; axis < shape.length; stride *= shape[axis] as number, axis++) strides.push(stride);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = source[from] as number;
    // Counts up like an odometer, the last axis first, keeping the stored position in step.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      from -= (shape[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return { dtype, shape, data: out };
}

function unsupported(path: string, name: string, what: string): LayerdiffError {
  const remedy = `Supported: ${[...NUMPY_TYPES.keys()].join(' ')}; bfloat16 can be kept in safetensors.`;
  return new LayerdiffError('E_UNSUPPORTED', placeOf(path, name), `${what} cannot be read`, remedy);
}
