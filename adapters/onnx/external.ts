import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, sep, win32 } from 'node:path';
import { LayerdiffError } from '../../harness/errors.ts';
import { invalid } from './faults.ts';

/** Node reads at most 2 GiB at once. */
const SLICE = 2 ** 30;

/**
 * A tensor's bytes in a file beside the model. The file is opened, and the slice read, each time that the result is called.
 * @param entries location, offset and length, as the model gives them
 * @param size bytes that shape and type need
 * @throws E_MODEL at once where the entries are wrong or lead out of the folder; later E_FILE, E_FORMAT where the file does not hold the slice
 */
export function externalBytes(
  entries: readonly { readonly key: string; readonly value: string }[],
  size: number,
  place: string,
  directory: string | null,
): () => Uint8Array {
  const given = new Map(entries.map(({ key, value }) => [key, value]));
  const location = safeLocation(given.get('location') ?? '', place);
  const offset = count(given.get('offset'), 0, 'offset', place);
  const length = count(given.get('length'), size, 'length', place);
  if (length !== size)
    throw invalid(place, `has ${length} bytes of external data, but its shape and type need ${size}`);
  return () => readSlice(pathOf(location, place, directory), offset, size, place);
}

function safeLocation(location: string, place: string): string {
  const steps = location.split(/[\\/]/);
  const out = isAbsolute(location) || win32.isAbsolute(location) || /^[a-z]:/i.test(location) || steps.includes('..');
  if (location === '' || location.includes('\0')) throw invalid(place, 'does not say in which file its data lie');
  if (out) throw invalid(place, `has its data in "${location}", outside the folder of the model`);
  return location;
}

function count(given: string | undefined, otherwise: number, what: string, place: string): number {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (/^\d+$/.test(given) && Number.isSafeInteger(value)) return value;
  throw invalid(place, `has "${given}" as the ${what} of its external data`);
}

/** The file, once it is certain that it lies inside the folder, symbolic links followed. */
function pathOf(location: string, place: string, directory: string | null): string {
  if (directory === null) {
    const remedy = 'Load the model by its path, with the data beside it.';
    throw new LayerdiffError('E_FILE', place, `has its data in "${location}", but no folder is known`, remedy);
  }
  const path = orMissing(location, place, () => realpathSync(join(directory, location)));
  const way = relative(realpathSync(directory), path);
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) {
    throw invalid(place, `has its data in "${location}", a link out of the folder of the model`);
  }
  return path;
}

function readSlice(path: string, offset: number, size: number, place: string): Uint8Array {
  const status = orMissing(path, place, () => statSync(path));
  // Checked before anything is allocated: the model may claim any size.
  if (!status.isFile() || !(offset + size <= status.size)) {
    const reason = `needs bytes ${offset} to ${offset + size} of "${path}", which has ${status.size}`;
    throw new LayerdiffError('E_FORMAT', place, reason, 'Copy the data file again: it is cut off, or another one.');
  }
  const file = orMissing(path, place, () => openSync(path, 'r'));
  try {
    const bytes = new Uint8Array(size);
    let done = 0;
    while (done < size) {
      const read = readSync(file, bytes, done, Math.min(SLICE, size - done), offset + done);
      if (read === 0) throw new LayerdiffError('E_FORMAT', place, `"${path}" ended early`, 'Copy the data file again.');
      done += read;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

function orMissing<T>(file: string, place: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const reason = `has its data in "${file}", which cannot be read (${(cause as Error).message})`;
    throw new LayerdiffError('E_FILE', place, reason, 'Put the data file beside the model.', { cause });
  }
}
