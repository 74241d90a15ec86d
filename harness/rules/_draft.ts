import { sizeOf, stridesOf } from '../shape.ts';
import { fromNumbers } from '../tensor.ts';
import type { Attribute, Attributes, GraphNode } from '../types/graph.ts';
import type { Value } from '../types/oracle.ts';
import type { Edit, ForwardContext } from '../types/rule.ts';
import type { DataType, Shape, Tensor } from '../types/tensor.ts';

/** An edit in the making: nodes and constants that will stand in the place of one node. */
export interface Draft {
  /** Adds a constant, and returns its name. */
  constant(dtype: DataType, shape: Shape, numbers: ArrayLike<number>): string;
  /** Adds a node with one output, and returns the name of it. */
  node(op: string, inputs: readonly string[], attributes?: Attributes, domain?: string): string;
  /** The edit: what the draft calls `result` goes where the node's first output went. */
  done(result: string): Edit;
}

/** Starts an edit of the context's node. */
export function draftOf({ node, fresh }: Pick<ForwardContext, 'node' | 'fresh'>): Draft {
  const nodes: GraphNode[] = [];
  const constants = new Map<string, Tensor>();
  const add = (op: string, inputs: readonly string[], output: string, attributes: Attributes, domain = ''): string => {
    nodes.push({ name: output, op, domain, inputs, outputs: [output], attributes });
    return output;
  };
  return {
    constant(dtype, shape, numbers) {
      const name = fresh(`constant${constants.size}`);
      constants.set(name, fromNumbers(dtype, shape, numbers));
      return name;
    },
    node: (op, inputs, attributes = {}, domain = '') =>
      add(op, inputs, fresh(`${op}${nodes.length}`), attributes, domain),
    done(result) {
      add('Identity', [result], node.outputs[0] as string, {});
      return { nodes, constants };
    },
  };
}

/** Attributes as nodes hold them. */
export const int = (value: number): Attribute => ({ kind: 'int', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const string = (value: string): Attribute => ({ kind: 'string', value });

/** A one-element constant of the type of `like`. */
export const scalarLike = (draft: Draft, like: Value, x: number): string => draft.constant(like.dtype, [], [x]);

/** The places `indices` along one axis. */
export function pick(draft: Draft, name: string, axis: number, indices: readonly number[]): string {
  const places = draft.constant('int64', [indices.length], indices);
  return draft.node('Gather', [name, places], { axis: int(axis) });
}

/** The same elements under another shape. */
export const reshape = (draft: Draft, name: string, shape: Shape): string =>
  draft.node('Reshape', [name, draft.constant('int64', [shape.length], shape)]);

export const transpose = (draft: Draft, name: string, perm: readonly number[]): string =>
  draft.node('Transpose', [name], { perm: ints(perm) });

/** Runs a value through the network's own node with some inputs replaced. */
export function again(draft: Draft, node: GraphNode, inputs: Readonly<Record<number, string>>): string {
  const names = node.inputs.map((name, slot) => inputs[slot] ?? name);
  return draft.node(node.op, names, node.attributes, node.domain);
}

/** 0, 1, … size − 1. */
export const range = (size: number): number[] => Array.from({ length: size }, (_, i) => i);

/** Every order of 0 … size − 1 but the first (few: size! of them). */
export function otherOrders(size: number): number[][] {
  const walk = (rest: readonly number[]): number[][] =>
    rest.length === 0 ? [[]] : rest.flatMap((head) => walk(rest.filter((x) => x !== head)).map((t) => [head, ...t]));
  return walk(range(size)).slice(1);
}

/** What undoes the order. */
export const inverse = (perm: readonly number[]): number[] => range(perm.length).map((i) => perm.indexOf(i));

/** The elements of a value with its axes in another order. */
export function transposed({ data, shape }: Pick<Value, 'data' | 'shape'>, perm: readonly number[]): Float64Array {
  const out = perm.map((axis) => shape[axis] as number);
  const from = stridesOf(shape);
  const strides = perm.map((axis) => from[axis] as number);
  const result = new Float64Array(sizeOf(out));
  const index = out.map(() => 0);
  for (let i = 0, at = 0; i < result.length; i++) {
    result[i] = data[at] as number;
    for (let axis = out.length - 1; axis >= 0; axis--) {
      at += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (out[axis] as number)) break;
      at -= (out[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return result;
}
