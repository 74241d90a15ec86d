import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { constants } from 'node:buffer';
import { LayerdiffError } from '../../harness/errors.ts';

/** A file that is read piece by piece: nothing is held open between reads, and never more is allocated than is asked for. */
export interface RandomAccess {
  readonly path: string;
  readonly size: number;
  /** `length` bytes from `offset`. Throws E_FILE where the file has become shorter. */
  read(offset: number, length: number): Uint8Array;
}

/** One read call may not ask for more than this (the kernel's own limit is 2^31 - 1 bytes). */
const CHUNK = 2 ** 30;

/** Throws E_FILE where `path` is missing, unreadable, or no regular file (a pipe would hang, a device never ends). */
export function openFile(path: string): RandomAccess {
  const status = attempt(path, () => statSync(path));
  if (!status.isFile()) {
    const what = status.isDirectory() ? 'a folder' : 'no regular file';
    throw new LayerdiffError('E_FILE', path, `is ${what}`, 'Give the path of a .safetensors or .npz file.');
  }
  return { path, size: status.size, read: (offset, length) => readAt(path, offset, length) };
}

/** Runs a file operation; what the system throws becomes E_FILE with the system's own words. */
export function attempt<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (cause) {
    const { code, message } = cause as { code?: unknown; message?: unknown };
    if (typeof code !== 'string' || code.startsWith('E_')) throw cause;
    const reason = code === 'ENOENT' ? 'there is no such file' : String(message);
    throw new LayerdiffError('E_FILE', path, reason, 'Check the path, the permissions and the disk.', { cause });
  }
}

function readAt(path: string, offset: number, length: number): Uint8Array {
  if (length > constants.MAX_LENGTH) {
    const limit = constants.MAX_LENGTH;
    throw new LayerdiffError('E_LIMIT', path, `${length} bytes in one tensor`, `At most ${limit} are read: split it.`);
  }
  return attempt(path, () => {
    const handle = openSync(path, 'r');
    try {
      // The size is looked at before anything is allocated: a file may have been replaced since it was opened.
      if (fstatSync(handle).size < offset + length) throw shortened(path);
      const bytes = allocate(path, length);
      for (let done = 0; done < length; ) {
        const got = readSync(handle, bytes, done, Math.min(CHUNK, length - done), offset + done);
        if (got === 0) throw shortened(path);
        done += got;
      }
      return bytes;
    } finally {
      closeSync(handle);
    }
  });
}

function allocate(path: string, length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    const reason = `${length} bytes of one tensor do not fit in memory`;
    throw new LayerdiffError('E_LIMIT', path, reason, 'Free memory, or record a smaller batch.', { cause });
  }
}

function shortened(path: string): LayerdiffError {
  return new LayerdiffError(
    'E_FILE',
    path,
    'has become shorter while it was read',
    'Let its writer finish, then run again.',
  );
}
