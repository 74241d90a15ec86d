import type { Attributes, GraphNode, Wiring } from '../../harness/types/graph.ts';
import type { Value } from '../../harness/types/oracle.ts';
import type { Tensor } from '../../harness/types/tensor.ts';
import type { Tampering } from './simulate.ts';

type Values = readonly (Value | undefined)[];

/** One layer in which a bug may be put, with what it computes when it is right. */
export interface Place {
  readonly node: GraphNode;
  readonly wiring: Wiring;
  readonly inputs: Values;
  readonly outputs: Values;
  /** Size of the batch, as far as the first input tells. */
  readonly batch: number;
  readonly value: (name: string) => Value | undefined;
  readonly opset: number;
}

/** A bug as other nodes in the place of one. */
export interface Replaced {
  readonly nodes: readonly GraphNode[];
  readonly constants?: Readonly<Record<string, Tensor>>;
}

/** How the subject goes wrong: other nodes, or other numbers. */
export type Wrong = Replaced | Omit<Tampering, 'node'>;

/** One way in which a person gets a layer wrong. */
export interface Bug {
  /** What was done, in words: tells variants of one cause apart. */
  readonly what: string;
  readonly cause: string;
  /** Other names that are right as well. */
  readonly also?: readonly string[];
  readonly direction: 'forward' | 'backward';
  readonly ops: readonly string[] | null;
  /** Backward: the input whose gradient is wrong. */
  readonly slot?: number;
  /** Null where it does not apply here. */
  make(place: Place): Wrong | null;
}

let count = 0;
/** A name for what only the bug has. */
export const fresh = (hint: string): string => `bug::${hint}${count++}`;

export function nodeOf(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Attributes = {},
): GraphNode {
  return { name: fresh(op), op, domain: '', inputs, outputs, attributes };
}

/** The same layer with something changed. */
export function changed(node: GraphNode, change: Partial<GraphNode> & { set?: Attributes }): Replaced {
  const { set, ...rest } = change;
  return { nodes: [{ ...node, ...rest, attributes: { ...node.attributes, ...set } }] };
}

/** Other numbers in one output, or in one part that is sent back. */
export function numbers(
  f: (
    x: Float64Array,
    value: Value,
    given: { inputs: Values; outputs: Values; value: (name: string) => Value | undefined },
  ) => Float64Array,
): Omit<Tampering, 'node'> {
  return {
    forward: (given) =>
      given.outputs.map((value, i) =>
        value === undefined || i > 0 ? value : { ...value, data: f(value.data, value, given) },
      ),
  };
}

/** Other numbers in what is sent back to one input. */
export function sent(
  slot: number,
  f: (part: Value, given: Parameters<NonNullable<Tampering['backward']>>[0]) => Float64Array | null,
): Omit<Tampering, 'node'> {
  return {
    backward: (given) =>
      given.parts.map((part, i) => {
        const data = part === undefined || i !== slot ? null : f(part, given);
        return data === null || part === undefined ? part : { ...part, data };
      }),
  };
}
