import { crc32, inflateRawSync } from 'node:zlib';
import { LayerdiffError } from '../../harness/errors.ts';
import { damaged, placeOf } from './archive.ts';
import type { RandomAccess } from './file.ts';

/** One file inside a ZIP archive. `read` gives all of it, checked against its checksum; `head` its first bytes. */
export interface Member {
  readonly name: string;
  /** Bytes once inflated. */
  readonly size: number;
  head(): Uint8Array;
  read(): Uint8Array;
}

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly checksum: number;
  readonly compressed: number;
  readonly size: number;
  readonly offset: number;
}

const STORED = 0;
const DEFLATED = 8;
/** Deflate cannot do better than 1032 : 1; what claims more is no data but a trap. */
const MAX_RATIO = 1032;
/** Bytes (compressed) that are enough for the head of any member. */
const HEAD = 16_384;
const MAX_DIRECTORY = 100_000_000;
const CUT_SHORT = 'Write the file again with numpy.savez; most often it was cut short.';

/** Members of a ZIP archive, ZIP64 included, in the archive's order. Throws E_FORMAT, E_UNSUPPORTED, E_FILE. */
export function readZip(file: RandomAccess): readonly Member[] {
  const entries = readDirectory(file);
  const starts = dataStarts(file, entries);
  return entries.map((entry, i) => memberOf(file, entry, starts[i] as number));
}

function readDirectory(file: RandomAccess): readonly Entry[] {
  const { offset, length, count } = findDirectory(file);
  if (!(offset + length <= file.size)) throw broken(file, 'its directory lies outside the file');
  if (!(length <= MAX_DIRECTORY)) throw broken(file, `its directory takes ${length} bytes`);
  const bytes = file.read(offset, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Entry[] = [];
  for (let at = 0; at < length; ) {
    if (!(at + 46 <= length) || view.getUint32(at, true) !== 0x02014b50) throw broken(file, 'its directory is damaged');
    const [name, extra, comment] = [
      view.getUint16(at + 28, true),
      view.getUint16(at + 30, true),
      view.getUint16(at + 32, true),
    ];
    const next = at + 46 + name + extra + comment;
    if (!(next <= length)) throw broken(file, 'its directory is damaged');
    entries.push(entryAt(file, view, at, name, extra));
    at = next;
  }
  if (entries.length !== count) throw broken(file, `its directory has ${entries.length} members and claims ${count}`);
  return entries;
}

function entryAt(file: RandomAccess, view: DataView, at: number, nameLength: number, extraLength: number): Entry {
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength));
  const wide = wideFields(view, at + 46 + nameLength, extraLength);
  // A field of all ones means: the number is in the ZIP64 extra field, in this order.
  const field = (offset: number) => {
    const narrow = view.getUint32(at + offset, true);
    if (narrow !== 0xffffffff) return narrow;
    const value = wide.shift();
    if (value === undefined) throw damaged(file.path, name, 'its ZIP64 field is missing', CUT_SHORT);
    return value;
  };
  const [size, compressed, offset] = [field(24), field(20), field(42)];
  const method = view.getUint16(at + 10, true);
  if (view.getUint16(at + 8, true) & 1) throw unsupported(file, name, 'is encrypted');
  if (method !== STORED && method !== DEFLATED) throw unsupported(file, name, `is compressed by method ${method}`);
  const allowed = method === STORED ? compressed : compressed * MAX_RATIO;
  if (!(size <= allowed)) throw damaged(file.path, name, `claims ${size} bytes, made of ${compressed}`, CUT_SHORT);
  return { name, method, checksum: view.getUint32(at + 16, true), compressed, size, offset };
}

function wideFields(view: DataView, start: number, length: number): number[] {
  for (let at = start; at + 4 <= start + length; ) {
    const size = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1 && at + 4 + size <= start + length) {
      return Array.from({ length: Math.floor(size / 8) }, (_, i) => Number(view.getBigUint64(at + 4 + 8 * i, true)));
    }
    at += 4 + size;
  }
  return [];
}

/** The directory is found from the end: a fixed record, before it perhaps a comment's room, before that perhaps ZIP64's. */
function findDirectory(file: RandomAccess): { offset: number; length: number; count: number } {
  const tail = Math.min(file.size, 22 + 65_535 + 20);
  const bytes = file.read(file.size - tail, tail);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = tail - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50 || at + 22 + view.getUint16(at + 20, true) !== tail) continue;
    if (at >= 20 && view.getUint32(at - 20, true) === 0x07064b50) {
      return readWideEnd(file, Number(view.getBigUint64(at - 20 + 8, true)));
    }
    const count = view.getUint16(at + 10, true);
    return { count, length: view.getUint32(at + 12, true), offset: view.getUint32(at + 16, true) };
  }
  throw broken(file, 'it has no directory at its end');
}

function readWideEnd(file: RandomAccess, at: number): { offset: number; length: number; count: number } {
  if (!(at + 56 <= file.size)) throw broken(file, 'its ZIP64 record lies outside the file');
  const bytes = file.read(at, 56);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== 0x06064b50) throw broken(file, 'its ZIP64 record is damaged');
  const wide = (offset: number) => Number(view.getBigUint64(offset, true));
  return { count: wide(32), length: wide(40), offset: wide(48) };
}

/** Where the data of each entry begins, after its local header. Members may not lie on one another. */
function dataStarts(file: RandomAccess, entries: readonly Entry[]): readonly number[] {
  const starts = entries.map((entry) => dataStart(file, entry));
  const sorted = entries.map((entry, i) => ({ entry, end: (starts[i] as number) + entry.compressed }));
  sorted.sort((a, b) => a.entry.offset - b.entry.offset);
  sorted.forEach(({ entry }, i) => {
    const before = sorted[i - 1];
    if (before && !(before.end <= entry.offset))
      throw damaged(file.path, entry.name, 'lies inside another member', CUT_SHORT);
  });
  return starts;
}

function dataStart(file: RandomAccess, { name, offset, compressed }: Entry): number {
  if (!(offset + 30 <= file.size)) throw damaged(file.path, name, 'lies outside the file', CUT_SHORT);
  const bytes = file.read(offset, 30);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== 0x04034b50) throw damaged(file.path, name, 'has no local header', CUT_SHORT);
  const start = offset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (!(start + compressed <= file.size))
    throw damaged(file.path, name, 'reaches beyond the end of the file', CUT_SHORT);
  return start;
}

function memberOf(file: RandomAccess, entry: Entry, start: number): Member {
  const { name, method, size, compressed, checksum } = entry;
  const taken = (length: number) => file.read(start, Math.min(length, compressed));
  return {
    name,
    size,
    head: () =>
      method === STORED ? taken(HEAD) : inflate(file, name, taken(HEAD), Math.min(size, HEAD * MAX_RATIO), false),
    read() {
      const bytes = method === STORED ? taken(size) : inflate(file, name, taken(compressed), size, true);
      if (bytes.length !== size || crc32(bytes) !== checksum) {
        throw damaged(file.path, name, 'its bytes do not have the checksum that the archive says', CUT_SHORT);
      }
      return bytes;
    },
  };
}

/** Inflates at most `limit` bytes; `whole` demands that the stream ends. */
function inflate(file: RandomAccess, name: string, bytes: Uint8Array, limit: number, whole: boolean): Uint8Array {
  try {
    const Z_SYNC_FLUSH = 2;
    const options = { maxOutputLength: Math.max(1, limit), ...(whole ? {} : { finishFlush: Z_SYNC_FLUSH }) };
    return inflateRawSync(bytes, options);
  } catch (cause) {
    throw new LayerdiffError('E_FORMAT', placeOf(file.path, name), 'cannot be inflated', CUT_SHORT, { cause });
  }
}

function broken(file: RandomAccess, reason: string): LayerdiffError {
  return damaged(file.path, null, `no readable ZIP archive: ${reason}`, CUT_SHORT);
}

function unsupported(file: RandomAccess, name: string, reason: string): LayerdiffError {
  const remedy = 'Stored and deflated members are read: write it with numpy.savez or numpy.savez_compressed.';
  return new LayerdiffError('E_UNSUPPORTED', placeOf(file.path, name), reason, remedy);
}
