import { isFloat, sourceOf } from '../../harness/tensor.ts';
import type { Observation } from '../../harness/types/adapter.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import type { TraceMetadata } from '../../harness/types/trace.ts';
import { broken } from './errors.ts';
import { copyOf, sameNumbers } from './tensors.ts';
import type { NetworkTensor, Numbers } from './types.ts';

/** What is known of a run so far. */
export interface Recording {
  /** As each tensor was when it was written. */
  readonly values: Map<string, TensorSource>;
  readonly gradients: Map<string, TensorSource>;
  readonly order: string[];
  readonly observations: Observation[];
  /** Parameters that there are, and which of them the network was seen to have. */
  readonly offered: ReadonlyMap<string, NetworkTensor>;
  readonly adopted: Set<string>;
  /** The network's own arrays, beside what was last seen in them: a difference is a change made by somebody. */
  readonly live: Map<string, { readonly tensor: NetworkTensor; seen: Numbers }>;
}

export function startRecording(offered: ReadonlyMap<string, NetworkTensor>): Recording {
  const empty = { values: new Map(), gradients: new Map(), order: [], observations: [], live: new Map() };
  return { ...empty, offered, adopted: new Set() };
}

/** Records a tensor that was just written; `original` is what is reported where the network was given a converted copy. */
export function recordValue(recording: Recording, name: string, tensor: NetworkTensor, original?: TensorSource): void {
  const copy = copyOf(tensor.data, tensor.shape);
  recording.values.set(name, original ?? sourceOf(copy));
  recording.live.set(name, { tensor, seen: copy.data as Numbers });
}

/** Records a parameter when it is first seen to be used. Throws E_SUBJECT where a tensor has its name. */
export function adoptParameter(recording: Recording, name: string, place: string): void {
  const tensor = recording.offered.get(name);
  if (tensor === undefined || recording.adopted.has(name)) return;
  if (recording.live.has(name)) {
    throw broken(
      place,
      `uses "${name}" as a parameter; a tensor has that name, too`,
      'Rename one of the two, with "names".',
    );
  }
  recording.adopted.add(name);
  recordValue(recording, name, tensor);
}

/** True for a tensor that can have a gradient. */
export function hasGradient(recording: Recording, name: string): boolean {
  const value = recording.values.get(name);
  return value !== undefined && isFloat(value.dtype);
}

/** Who reads: a layer, and the first tensor that it writes. */
interface Reader {
  readonly name: string;
  readonly outputs: readonly string[];
}

/**
 * Proves that a layer is given what was written under that name. Where it is not (a buffer used again, a tensor changed in
 * between), the observation names whose numbers they are, if any's.
 */
export function proveUse(recording: Recording, reader: Reader, during: string, name: string): void {
  const entry = recording.live.get(name);
  if (!entry || sameNumbers(entry.tensor.data, entry.seen)) return;
  observeUse(recording, reader, during, name, entry.tensor.data);
  entry.seen = entry.tensor.data.slice();
}

/** Adds the observation that a layer was given other numbers than were recorded as `name`. */
export function observeUse(
  recording: Recording,
  { name: layer, outputs }: Reader,
  during: string,
  name: string,
  data: ArrayLike<number>,
): void {
  const other = [...recording.values].find(([n, source]) => n !== name && holds(source, data))?.[0];
  const instead = other === undefined ? 'numbers that no recorded tensor has' : `the numbers of "${other}"`;
  const detail = `layer "${layer}" reads "${name}", but was given ${instead} ${during}`;
  recording.observations.push({ kind: 'wrong-source', tensor: outputs[0] ?? layer, layer, detail });
}

function holds(source: TensorSource, data: ArrayLike<number>): boolean {
  return source.shape.reduce((a, b) => a * b, 1) === data.length && sameNumbers(source.read().data as Numbers, data);
}

/** Observes which of the tensors that a layer only reads it has changed. */
export function proveUnchanged(recording: Recording, reader: Reader, during: string, names: Iterable<string>): void {
  const layer = reader.name;
  for (const name of new Set(names)) {
    const entry = recording.live.get(name);
    if (!entry || sameNumbers(entry.tensor.data, entry.seen)) continue;
    const { data } = entry.tensor;
    const first = data.findIndex((x, i) => !Object.is(x, entry.seen[i]));
    const change = `element ${first} was ${entry.seen[first]}, is ${data[first]}`;
    const detail = `layer "${layer}" changed "${name}" in place ${during}: ${change}`;
    recording.observations.push({ kind: 'input-mutated', tensor: name, layer, detail });
    entry.seen = data.slice();
  }
}

export function metadataOf(
  recording: Recording,
  producer: string,
  axes: Readonly<Record<string, string>>,
  groups: ReadonlyMap<string, readonly string[]>,
): TraceMetadata {
  return { producer, order: recording.order, iteration: 0, axes: new Map(Object.entries(axes)), groups };
}
