import type { TensorSource } from '../../harness/types/tensor.ts';
import type { Trace } from '../../harness/types/trace.ts';
import { type Archive, damaged } from './archive.ts';
import { NO_METADATA, parseMetadata } from './metadata.ts';

/** The four kinds of tensor that a trace holds, and the prefix of each. */
const PREFIXES = { values: 'value/', gradients: 'gradient/', updates: 'update/', states: 'state/' } as const;
type Kind = keyof typeof PREFIXES;
const KINDS = Object.keys(PREFIXES) as readonly Kind[];

const empty = () => new Map<string, TensorSource>();

/** Gives the names of a file their meaning. Throws E_FORMAT where two names mean the same tensor, or one means none. */
export function traceFrom(archive: Archive): Trace {
  const { path } = archive;
  if (archive.tensors.size === 0) {
    throw damaged(
      path,
      null,
      'holds no tensor',
      'Write at least the values that are to be compared, e.g. "value/conv1".',
    );
  }
  const maps = { values: empty(), gradients: empty(), updates: empty(), states: empty() };
  for (const [stored, source] of archive.tensors) {
    const kind = KINDS.find((k) => stored.startsWith(PREFIXES[k]));
    const name = kind === undefined ? stored : stored.slice(PREFIXES[kind].length);
    if (name === '') throw damaged(path, stored, 'has no name after its prefix', 'Name it, e.g. "value/conv1".');
    const map = maps[kind ?? 'values'];
    if (map.has(name)) {
      throw damaged(path, stored, `"${name}" and "value/${name}" are the same tensor`, 'Keep one of the two.');
    }
    map.set(name, source);
  }
  const metadata = archive.ordered
    ? { ...NO_METADATA, order: [...maps.values.keys()] }
    : parseMetadata(path, archive.metadata, maps.values);
  return { ...maps, metadata };
}

/** All tensors of a trace under the names that a file has for them: values, gradients, updates, states. */
export function* storedTensors(trace: Trace): Generator<readonly [string, TensorSource]> {
  for (const kind of KINDS) for (const [name, source] of trace[kind]) yield [PREFIXES[kind] + name, source];
}
