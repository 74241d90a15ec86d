import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { LayerdiffError } from '../../harness/errors.ts';
import { sameShape, sizeOf } from '../../harness/shape.ts';
import { BYTES, bytesOf } from '../../harness/tensor.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { placeOf } from './archive.ts';
import { attempt } from './file.ts';

/** Appends bytes to the file that is being written. */
export type Append = (bytes: Uint8Array) => void;

/**
 * Writes a file piece by piece beside `path`, and moves it there when it is whole: a reader never sees half a file, and a
 * trace may be written over the file that it is read from.
 */
export function writeWhole(path: string, body: (append: Append) => void): void {
  const partial = `${path}.${process.pid}.partial`;
  const handle = attempt(path, () => openSync(partial, 'w'));
  try {
    try {
      body((bytes) => attempt(path, () => appendAll(handle, bytes)));
    } finally {
      closeSync(handle);
    }
    attempt(path, () => renameSync(partial, path));
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

function appendAll(handle: number, bytes: Uint8Array): void {
  const CHUNK = 2 ** 30;
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(handle, bytes, done, Math.min(CHUNK, bytes.length - done));
  }
}

/** Bytes that the elements of a source will take. Throws E_UNSUPPORTED for strings. */
export function byteLengthOf(path: string, name: string, source: TensorSource): number {
  if (source.dtype === 'string') {
    const place = placeOf(path, name);
    throw new LayerdiffError(
      'E_UNSUPPORTED',
      place,
      'a trace holds no strings',
      'Leave it out, or record its numbers.',
    );
  }
  return sizeOf(source.shape) * BYTES[source.dtype];
}

/** Reads a source and proves that it is what it said. */
export function elementsOf(path: string, name: string, source: TensorSource): Uint8Array {
  const tensor = source.read();
  const bytes = bytesOf(tensor);
  const expected = byteLengthOf(path, name, source);
  if (tensor.dtype !== source.dtype || !sameShape(tensor.shape, source.shape) || bytes.length !== expected) {
    const said = `${source.dtype} [${source.shape.join(', ')}], ${expected} bytes`;
    const got = `${tensor.dtype} [${tensor.shape.join(', ')}], ${bytes.length} bytes`;
    throw new LayerdiffError('E_SHAPE', placeOf(path, name), `announced ${said}, gave ${got}`, 'Make the two agree.');
  }
  return bytes;
}

/** Refuses a name that was given before. */
export function proveUnique(path: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name))
      throw new LayerdiffError('E_FORMAT', placeOf(path, name), 'is given twice', 'Name each tensor once.');
    seen.add(name);
  }
}
