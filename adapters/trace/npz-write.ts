import { crc32 } from 'node:zlib';
import { LayerdiffError } from '../../harness/errors.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { placeOf } from './archive.ts';
import { NUMPY_TYPES } from './npy.ts';
import { type Append, byteLengthOf, elementsOf, proveUnique, writeWhole } from './write.ts';

const LETTERS = new Map([...NUMPY_TYPES].map(([letters, dtype]) => [dtype, letters]));
const NARROW = 0xffffffff;

interface Written {
  readonly name: Uint8Array;
  readonly size: number;
  readonly checksum: number;
  readonly offset: number;
}

/**
 * Writes an NPZ archive of stored members, as numpy.savez does, in the order given; one tensor is in memory at a time.
 * Every member has ZIP64 fields, so none is too large.
 *
 * Throws E_FILE, E_FORMAT (a name twice), E_UNSUPPORTED (strings; bfloat16, which numpy does not have).
 */
export function writeNpz(path: string, tensors: Iterable<readonly [string, TensorSource]>): void {
  const entries = [...tensors];
  const names = entries.map(([name]) => name);
  proveUnique(path, names);
  const heads = entries.map(([name, source]) => npyHeader(path, name, source));
  writeWhole(path, (append) => {
    let at = 0;
    const put: Append = (bytes) => {
      append(bytes);
      at += bytes.length;
    };
    const written = entries.map(([name, source], i) => {
      const [head, elements] = [heads[i] as Uint8Array, elementsOf(path, name, source)];
      const member = memberOf(name, head, elements, at);
      for (const bytes of [localHeader(member), member.name, wideField([member.size, member.size]), head, elements]) {
        put(bytes);
      }
      return member;
    });
    const directory = at;
    for (const member of written) {
      for (const bytes of [centralHeader(member), member.name, wideField([member.size, member.size, member.offset])]) {
        put(bytes);
      }
    }
    put(endRecords(written.length, directory, at));
  });
}

function memberOf(name: string, head: Uint8Array, elements: Uint8Array, offset: number): Written {
  return {
    name: new TextEncoder().encode(`${name}.npy`),
    size: head.length + elements.length,
    // Of no bytes, zlib's crc32 is 0, whatever came before.
    checksum: elements.length === 0 ? crc32(head) : crc32(elements, crc32(head)),
    offset,
  };
}

function npyHeader(path: string, name: string, source: TensorSource): Uint8Array {
  byteLengthOf(path, name, source);
  const letters = LETTERS.get(source.dtype as never);
  if (letters === undefined) {
    const remedy = 'Write safetensors, or convert it to float32.';
    throw new LayerdiffError('E_UNSUPPORTED', placeOf(path, name), `numpy has no ${source.dtype}`, remedy);
  }
  const order = letters.endsWith('1') ? '|' : '<';
  const dimensions = source.shape.length === 1 ? `${source.shape[0]},` : source.shape.join(', ');
  const text = `{'descr': '${order}${letters}', 'fortran_order': False, 'shape': (${dimensions}), }`;
  // Ten bytes before it and a newline after it; the elements begin at a multiple of 64.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const bytes = new TextEncoder().encode(`\0NUMPY\x01\0\0\0${text.padEnd(length - 1)}\n`);
  bytes[0] = 0x93;
  new DataView(bytes.buffer).setUint16(8, length, true);
  return bytes;
}

/** A field of a ZIP record: its width in bytes, and the number. */
type Field = readonly [2 | 4 | 8, number];

/** The bytes of a record, little-endian. */
function record(fields: readonly Field[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, number] of fields) {
    if (width === 2) view.setUint16(at, number, true);
    else if (width === 4) view.setUint32(at, number, true);
    else view.setBigUint64(at, BigInt(number), true);
    at += width;
  }
  return bytes;
}

/** Version 4.5 is ZIP64; flag 11 says that names are UTF-8; the date is ZIP's first day, so that equal traces are equal files. */
const COMMON = (checksum: number, nameLength: number, extraLength: number) =>
  [
    [2, 45],
    [2, 0x800],
    [2, 0],
    [2, 0],
    [2, 0x21],
    [4, checksum],
    [4, NARROW],
    [4, NARROW],
    [2, nameLength],
    [2, extraLength],
  ] as const;

const localHeader = ({ checksum, name }: Written): Uint8Array =>
  record([[4, 0x04034b50], ...COMMON(checksum, name.length, 20)]);

const centralHeader = ({ checksum, name }: Written): Uint8Array =>
  record([[4, 0x02014b50], [2, 45], ...COMMON(checksum, name.length, 28), [2, 0], [2, 0], [2, 0], [4, 0], [4, NARROW]]);

const wideField = (numbers: readonly number[]): Uint8Array =>
  record([[2, 1], [2, 8 * numbers.length], ...numbers.map((n) => [8, n] as const)]);

/** ZIP64's record of the directory, where to find that, and the old record that sends readers there. */
function endRecords(count: number, directory: number, end: number): Uint8Array {
  return record([...wideEnd(count, directory, end), [4, 0x07064b50], [4, 0], [8, end], [4, 1], ...NARROW_END]);
}

function wideEnd(count: number, directory: number, end: number): readonly Field[] {
  const fixed: readonly Field[] = [
    [4, 0x06064b50],
    [8, 44],
    [2, 45],
    [2, 45],
    [4, 0],
    [4, 0],
  ];
  return [...fixed, [8, count], [8, count], [8, end - directory], [8, directory]];
}

const NARROW_END: readonly Field[] = [
  [4, 0x06054b50],
  [2, 0],
  [2, 0],
  [2, 0xffff],
  [2, 0xffff],
  [4, NARROW],
  [4, NARROW],
  [2, 0],
];
