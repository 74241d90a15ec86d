import { LayerdiffError } from '../../harness/errors.ts';
import { sizeOf } from '../../harness/shape.ts';
import { BYTES, fromBytes } from '../../harness/tensor.ts';
import type { DataType, Shape, Tensor, TensorSource } from '../../harness/types/tensor.ts';
import { type Archive, damaged, isCount, placeOf, shapeFrom, shorten } from './archive.ts';
import type { RandomAccess } from './file.ts';
import { duplicateKey } from './json.ts';

export type StoredType = Exclude<DataType, 'string'>;

/** safetensors' names of the types. */
export const SAFETENSORS_TYPES: ReadonlyMap<string, StoredType> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U64', 'uint64'],
  ['U32', 'uint32'],
  ['U16', 'uint16'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
]);

/** The format's own bound on its header. */
const MAX_HEADER = 100_000_000;
const SUPPORTED = `Supported: ${[...SAFETENSORS_TYPES.keys()].join(' ')}.`;

interface Entry {
  readonly dtype: StoredType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads the header only; elements are read when a source is. Every claim of the header is proven against the file's size first.
 * Throws E_FORMAT (damaged), E_UNSUPPORTED (a type that is not read), E_FILE.
 */
export function readSafetensors(file: RandomAccess): Archive {
  const { header, start } = readHeader(file);
  const { __metadata__: metadata, ...rest } = header;
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(rest)) entries.set(name, entryFrom(file, name, value));
  proveTiling(file, entries, file.size - start);
  const tensors = new Map<string, TensorSource>();
  for (const [name, entry] of entries) tensors.set(name, sourceAt(file, start, entry));
  return { path: file.path, tensors, metadata: metadataFrom(file.path, metadata), ordered: false };
}

function readHeader(file: RandomAccess): { header: Record<string, unknown>; start: number } {
  const { path } = file;
  if (file.size < 8) throw damaged(path, null, `${file.size} bytes are too few for a safetensors file`);
  const bytes = file.read(0, 8);
  const length = new DataView(bytes.buffer).getBigUint64(0, true);
  if (!(length <= file.size - 8)) {
    throw damaged(
      path,
      null,
      `the header claims ${length} bytes, the file has ${file.size - 8} after its length`,
      FOREIGN,
    );
  }
  if (!(length <= MAX_HEADER))
    throw damaged(path, null, `a header of ${length} bytes; the format allows ${MAX_HEADER}`);
  const header = parseHeader(path, file.read(8, Number(length)));
  return { header, start: 8 + Number(length) };
}

const FOREIGN =
  'If it is another format, write it as safetensors or NPZ; if it is safetensors, it was cut short: write it again.';

function parseHeader(path: string, bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw new LayerdiffError('E_FORMAT', path, 'the header is not JSON in UTF-8', FOREIGN, { cause });
  }
  if (!isRecord(header)) throw damaged(path, null, 'the header is JSON, but no object', FOREIGN);
  const twice = duplicateKey(text);
  if (twice !== null) {
    throw damaged(path, twice, 'the header has this name twice', 'Give each tensor a name of its own.');
  }
  return header;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function entryFrom(file: RandomAccess, name: string, value: unknown): Entry {
  const { path } = file;
  if (!isRecord(value)) throw damaged(path, name, 'the header has no object for it');
  const dtype = dtypeFrom(path, name, value['dtype']);
  const shape = shapeFrom(value['shape'], path, name);
  const offsets: unknown = value['data_offsets'];
  const [begin, end] = Array.isArray(offsets) ? (offsets as unknown[]) : [];
  if (!isCount(begin) || !isCount(end) || (offsets as unknown[]).length !== 2 || !(begin <= end)) {
    throw damaged(path, name, `data_offsets is ${shorten(JSON.stringify(offsets) ?? 'missing')}, not [begin, end]`);
  }
  const needed = sizeOf(shape) * BYTES[dtype];
  if (needed !== end - begin) {
    const claim = `shape [${shorten(shape.join(', '))}] of ${dtype} takes ${needed} bytes, data_offsets give ${end - begin}`;
    throw damaged(path, name, claim);
  }
  return { dtype, shape, begin, end };
}

function dtypeFrom(path: string, name: string, value: unknown): StoredType {
  const dtype = typeof value === 'string' ? SAFETENSORS_TYPES.get(value) : undefined;
  if (dtype !== undefined) return dtype;
  const found = shorten(JSON.stringify(value) ?? 'missing');
  // The format's narrow and complex types: valid, but not read.
  if (typeof value === 'string' && /^(F4|F6|F8|C64|C128|I4|U4)/.test(value)) {
    const remedy = `Convert it before saving. ${SUPPORTED}`;
    throw new LayerdiffError('E_UNSUPPORTED', placeOf(path, name), `elements of type ${found} are not read`, remedy);
  }
  throw damaged(path, name, `the dtype ${found} is unknown`, SUPPORTED);
}

/** The format wants every byte to belong to exactly one tensor: an overlap or a gap shows a writer that counts wrongly. */
function proveTiling(file: RandomAccess, entries: ReadonlyMap<string, Entry>, available: number): void {
  const sorted = [...entries].toSorted(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let reached = 0;
  for (const [name, { begin, end }] of sorted) {
    if (!(end <= available)) {
      throw damaged(file.path, name, `ends at byte ${end} of the data, the file has ${available}`);
    }
    if (begin < reached) throw damaged(file.path, name, `begins at byte ${begin}, inside the tensor before it`);
    if (begin > reached) throw damaged(file.path, name, `bytes ${reached} to ${begin} before it belong to no tensor`);
    reached = end;
  }
  if (reached !== available) {
    throw damaged(file.path, null, `${available - reached} bytes at the end belong to no tensor`);
  }
}

function sourceAt(file: RandomAccess, start: number, { dtype, shape, begin, end }: Entry): TensorSource {
  const width = BYTES[dtype];
  const bytes = (from: number, to: number): Uint8Array => file.read(start + begin + from * width, (to - from) * width);
  return {
    dtype,
    shape,
    read: () => normalised(fromBytes(dtype, shape, file.read(start + begin, end - begin))),
    part: (from, to) => normalised(fromBytes(dtype, [to - from], bytes(from, to))),
  };
}

/** Any byte but 0 is true: C programs write what they have. */
export function normalised(tensor: Tensor): Tensor {
  if (tensor.dtype === 'bool') {
    const data = tensor.data as Uint8Array;
    for (let i = 0; i < data.length; i++) if (data[i] !== 0) data[i] = 1;
  }
  return tensor;
}

function metadataFrom(path: string, value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw damaged(path, null, '__metadata__ is no object', 'Make it an object of strings.');
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry !== 'string') {
      const remedy = 'safetensors demands strings: pass lists and objects through JSON.stringify or json.dumps.';
      throw damaged(path, null, `__metadata__ "${shorten(key)}" is no string`, remedy);
    }
  }
  return value as Record<string, string>;
}
