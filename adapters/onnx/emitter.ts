import { LayerdiffError } from '../../harness/errors.ts';
import { bytesOf, fromNumbers, int64, sourceOf } from '../../harness/tensor.ts';
import type { GraphNode } from '../../harness/types/graph.ts';
import type { Tensor, TensorSource } from '../../harness/types/tensor.ts';
import type { Emitter } from './rule.ts';

/** What has been written of a graph, and the hand that writes on. */
export interface Draft {
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<string, TensorSource>;
  /** True for the outputs of the nodes written so far. */
  makes(name: string): boolean;
  /** An emitter whose names start with `PREFIX::SCOPE::`; without a scope, with `PREFIX:`. Each may be opened once only. */
  scope(scope?: string): Emitter;
}

/**
 * Starts an empty draft. Names follow from the scope and the order of emission alone, so that the same calls give the same graph.
 *
 * @param prefix with `:` behind it, no name of another graph that shares the tensors may start so
 */
export function createDraft(prefix: string): Draft {
  const nodes: GraphNode[] = [];
  const made = new Set<string>();
  const pool = createPool(`${prefix}:constant`);
  const add = (node: GraphNode): void => {
    nodes.push(node);
    for (const output of node.outputs) made.add(output);
  };
  return {
    nodes,
    constants: pool.constants,
    makes: (name) => made.has(name),
    scope: (scope) => createEmitter(scope === undefined ? `${prefix}:` : `${prefix}::${scope}::`, add, pool),
  };
}

function createEmitter(prefix: string, add: (node: GraphNode) => void, pool: Pool): Emitter {
  let emitted = 0;
  const emitMany: Emitter['emitMany'] = (op, inputs, outputs, attributes = {}, domain = '') => {
    const missing = inputs.findIndex((input) => input === undefined);
    if (missing >= 0) {
      throw new LayerdiffError('E_MODEL', `${prefix}${op}`, `input ${missing} has no name`, 'Give every input, or "".');
    }
    const name = `${prefix}${op}_${emitted++}`;
    const names = Array.from({ length: outputs }, (_, k) => (k === 0 ? name : `${name}:${k}`));
    add({ name, op, domain, inputs: [...inputs], outputs: names, attributes });
    return names;
  };
  return {
    emitMany,
    emit: (op, inputs, attributes, domain) => emitMany(op, inputs, 1, attributes, domain)[0] as string,
    constant: pool.add,
    ints: (values) => pool.add(int64([values.length], values)),
    scalar: (value, dtype) => pool.add(fromNumbers(dtype, [], [value])),
  };
}

interface Pool {
  readonly constants: ReadonlyMap<string, TensorSource>;
  add(tensor: Tensor): string;
}

/** Constants by content: equal ones share a name. */
function createPool(prefix: string): Pool {
  const constants = new Map<string, TensorSource>();
  const buckets = new Map<string, { name: string; bytes: Uint8Array }[]>();
  const add = (tensor: Tensor): string => {
    const bytes = bytesOf(tensor);
    const key = `${tensor.dtype}[${tensor.shape.join()}]${hashOf(bytes)}`;
    const bucket = buckets.get(key) ?? [];
    const known = bucket.find((entry) => sameBytes(entry.bytes, bytes));
    if (known !== undefined) return known.name;
    const name = `${prefix}_${constants.size}`;
    buckets.set(key, [...bucket, { name, bytes }]);
    constants.set(name, sourceOf(tensor));
    return name;
  };
  return { constants, add };
}

/** FNV-1a, 32 bits: equal bytes are proven by comparison afterwards. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, k) => byte === b[k]);
}
