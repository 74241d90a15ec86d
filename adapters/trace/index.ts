import { LayerdiffError } from '../../harness/errors.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import type { Trace } from '../../harness/types/trace.ts';
import type { Archive } from './archive.ts';
import { openFile } from './file.ts';
import { formatMetadata } from './metadata.ts';
import { storedTensors, traceFrom } from './names.ts';
import { readNpz } from './npz.ts';
import { writeNpz } from './npz-write.ts';
import { readSafetensors } from './safetensors.ts';
import { writeSafetensors } from './safetensors-write.ts';

export { writeNpz, writeSafetensors };

/**
 * Opens a trace, safetensors or NPZ (told apart by content, not by name). Only names, types and shapes are read;
 * elements are read from the file whenever a source is.
 *
 * Throws E_FILE (missing, unreadable), E_FORMAT (damaged; the message names file and tensor), E_UNSUPPORTED (valid, but not read).
 */
export function openTrace(path: string): Trace {
  return traceFrom(openArchive(path));
}

/** The values of a file, by name: for inputs, where a plain file without prefixes is usual. Throws as {@link openTrace}. */
export function readTensors(path: string): ReadonlyMap<string, TensorSource> {
  return openTrace(path).values;
}

/**
 * Writes a trace: NPZ where the path ends in `.npz`, safetensors otherwise. Throws E_UNSUPPORTED where NPZ, which has no
 * metadata, would lose what the trace means (axes, iteration).
 */
export function writeTrace(path: string, trace: Trace): void {
  if (!path.endsWith('.npz')) {
    writeSafetensors(path, storedTensors(trace), formatMetadata(trace));
    return;
  }
  if (trace.metadata.axes.size > 0 || trace.metadata.iteration !== 0) {
    throw new LayerdiffError('E_UNSUPPORTED', path, 'NPZ cannot say axes or iteration', 'Write a .safetensors file.');
  }
  writeNpz(path, inOrder(trace));
}

function openArchive(path: string): Archive {
  const file = openFile(path);
  const magic = String.fromCharCode(...file.read(0, Math.min(6, file.size)));
  if (magic === '\x93NUMPY') {
    const remedy = 'Write NPZ: numpy.savez(path, **{"value/conv1": y}).';
    throw new LayerdiffError('E_FORMAT', path, 'is one array without a name (.npy)', remedy);
  }
  // A ZIP archive begins with a member, or, where it is empty, with its end.
  const zip = magic.startsWith('PK\x03\x04') || magic.startsWith('PK\x05\x06');
  return zip || path.endsWith('.npz') ? readNpz(file) : readSafetensors(file);
}

/** Values in the order of execution, where it is known: NPZ's order is the archive's. */
function* inOrder(trace: Trace): Generator<readonly [string, TensorSource]> {
  const rank = new Map((trace.metadata.order ?? []).map((name, i) => [name, i]));
  const place = (name: string) => rank.get(name) ?? rank.size;
  const values = new Map([...trace.values].toSorted(([a], [b]) => place(a) - place(b)));
  yield* storedTensors({ ...trace, values });
}
