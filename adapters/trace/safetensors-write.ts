import { LayerdiffError } from '../../harness/errors.ts';
import { BYTES } from '../../harness/tensor.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { SAFETENSORS_TYPES } from './safetensors.ts';
import { byteLengthOf, elementsOf, proveUnique, writeWhole } from './write.ts';

const LETTERS = new Map([...SAFETENSORS_TYPES].map(([letters, dtype]) => [dtype, letters]));

/**
 * Writes a safetensors file; one tensor is in memory at a time. The header lists the tensors in the order given; the
 * data has wider types first, so that every tensor is aligned to its type.
 *
 * Throws E_FILE, E_FORMAT (a name twice), E_UNSUPPORTED (strings).
 */
export function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [string, TensorSource]>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const entries = [...tensors].map(([name, source]) => ({ name, source, length: byteLengthOf(path, name, source) }));
  proveUnique(path, ['__metadata__', ...entries.map((e) => e.name)]);
  const stored = entries.toSorted((a, b) => BYTES[b.source.dtype] - BYTES[a.source.dtype]);
  const begins = new Map<string, number>();
  let end = 0;
  for (const { name, length } of stored) {
    begins.set(name, end);
    end += length;
  }
  const header = headerOf(entries, begins, metadata);
  if (!(header.length <= 100_000_000)) {
    throw new LayerdiffError('E_LIMIT', path, 'the header exceeds 100 MB', 'Write fewer tensors, or shorter names.');
  }
  writeWhole(path, (append) => {
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
    append(length);
    append(header);
    for (const { name, source } of stored) append(elementsOf(path, name, source));
  });
}

interface Item {
  readonly name: string;
  readonly source: TensorSource;
  readonly length: number;
}

/** The header, padded with spaces so that the data begins at a multiple of 8. */
function headerOf(
  entries: readonly Item[],
  begins: ReadonlyMap<string, number>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const fields = entries.map(({ name, source, length }) => {
    const begin = begins.get(name) as number;
    const dtype = LETTERS.get(source.dtype as never);
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape: source.shape, data_offsets: [begin, begin + length] })}`;
  });
  // Joined by hand: an object would move names such as "1" to the front.
  if (Object.keys(metadata).length > 0) fields.unshift(`"__metadata__":${JSON.stringify(metadata)}`);
  const text = new TextEncoder().encode(`{${fields.join(',')}}`);
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  padded.set(text);
  return padded;
}
