import { LayerdiffError } from '../../harness/errors.ts';
import { parseOptimizer } from '../../harness/optimizer.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import type { Trace, TraceMetadata } from '../../harness/types/trace.ts';
import { damaged, shorten } from './archive.ts';
import { duplicateKey } from './json.ts';

/** What `__metadata__` of a trace says; every key is optional. */
const FORMAT = 'layerdiff-trace';
const VERSION = '1';
const REMEDY = 'See the trace file in the documentation; a key that is not needed may be left out.';

/** A trace that says nothing about itself. */
export const NO_METADATA: TraceMetadata = {
  producer: null,
  order: null,
  iteration: 0,
  axes: new Map(),
  groups: new Map(),
};

/** Reads `__metadata__`. Throws E_FORMAT where a key is not what the contract says, E_UNSUPPORTED for another version. */
export function parseMetadata(
  path: string,
  raw: Readonly<Record<string, string>>,
  values: ReadonlyMap<string, TensorSource>,
): TraceMetadata {
  if (raw['format'] === FORMAT && raw['version'] !== undefined && raw['version'] !== VERSION) {
    const found = `a trace of version ${shorten(raw['version'])}`;
    throw new LayerdiffError('E_UNSUPPORTED', path, found, `This reads version ${VERSION}: use a newer layerdiff.`);
  }
  return {
    producer: raw['producer'] ?? null,
    order: orderFrom(path, raw['order']),
    iteration: iterationFrom(path, raw['iteration']),
    axes: axesFrom(path, raw['axes'], values),
    groups: groupsFrom(path, raw['groups']),
    ...(raw['optimizer'] === undefined ? {} : { optimizer: optimizerFrom(path, raw['optimizer']) }),
  };
}

/** The reverse of {@link parseMetadata}: only what is known is written. */
export function formatMetadata({ metadata }: Trace): Record<string, string> {
  const { producer, order, iteration, axes, groups, optimizer } = metadata;
  return {
    format: FORMAT,
    version: VERSION,
    ...(producer === null ? {} : { producer }),
    ...(order === null ? {} : { order: JSON.stringify(order) }),
    ...(iteration === 0 ? {} : { iteration: String(iteration) }),
    ...(axes.size === 0 ? {} : { axes: JSON.stringify(Object.fromEntries(axes)) }),
    ...(groups.size === 0 ? {} : { groups: JSON.stringify(Object.fromEntries(groups)) }),
    ...(optimizer === undefined
      ? {}
      : { optimizer: typeof optimizer === 'string' ? optimizer : JSON.stringify(optimizer) }),
  };
}

const isText = (x: unknown): x is string => typeof x === 'string';
const isTexts = (x: unknown): x is string[] => Array.isArray(x) && x.every(isText);

function orderFrom(path: string, text: string | undefined): readonly string[] | null {
  if (text === undefined) return null;
  const order = jsonFrom(path, 'order', text);
  if (!isTexts(order)) throw wrong(path, 'order', text, 'a JSON array of names');
  const seen = new Set<string>();
  const twice = order.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) throw damaged(path, twice, 'metadata "order" has this name twice', 'List each name once.');
  return order;
}

function iterationFrom(path: string, text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^\d{1,15}$/.test(text)) throw wrong(path, 'iteration', text, 'a whole number, 0 for the first');
  return Number(text);
}

function axesFrom(
  path: string,
  text: string | undefined,
  values: ReadonlyMap<string, TensorSource>,
): ReadonlyMap<string, string> {
  if (text === undefined) return new Map();
  const axes = new Map<string, string>();
  for (const [name, letters] of entriesFrom(path, 'axes', text)) {
    if (!isText(letters) || !/^[A-Za-z]*$/.test(letters) || new Set(letters).size !== letters.length) {
      throw wrong(path, `axes of ${name}`, JSON.stringify(letters), 'one letter an axis, each once, e.g. "NHWC"');
    }
    const rank = values.get(name)?.shape.length;
    if (rank !== undefined && rank !== letters.length) {
      throw damaged(path, name, `metadata "axes" has ${letters.length} letters for ${rank} axes`, REMEDY);
    }
    axes.set(name, letters);
  }
  return axes;
}

/** Proven to be one at once, so that a misspelt key is told before anything runs. */
function optimizerFrom(path: string, text: string): string {
  parseOptimizer(text, `${path}, metadata "optimizer"`);
  return text;
}

function groupsFrom(path: string, text: string | undefined): ReadonlyMap<string, readonly string[]> {
  if (text === undefined) return new Map();
  const groups = new Map<string, readonly string[]>();
  for (const [layer, names] of entriesFrom(path, 'groups', text)) {
    if (!isTexts(names)) throw wrong(path, `groups of ${layer}`, JSON.stringify(names), 'a list of tensor names');
    groups.set(layer, names);
  }
  return groups;
}

function entriesFrom(path: string, key: string, text: string): [string, unknown][] {
  const value = jsonFrom(path, key, text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(path, key, text, 'a JSON object');
  }
  const twice = duplicateKey(text);
  if (twice !== null) throw damaged(path, null, `metadata "${key}" has "${shorten(twice)}" twice`, REMEDY);
  return Object.entries(value);
}

function jsonFrom(path: string, key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = `metadata "${key}" is not JSON: ${shorten(text)}`;
    throw new LayerdiffError('E_FORMAT', path, reason, REMEDY, { cause });
  }
}

function wrong(path: string, key: string, found: string, wanted: string): LayerdiffError {
  return damaged(path, null, `metadata "${shorten(key)}" is ${shorten(found)}, not ${wanted}`, REMEDY);
}
