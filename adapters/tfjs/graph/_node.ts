import type * as Core from '@tensorflow/tfjs-core';
import type { Sketchpad } from '../layers/_layer.ts';
import type { TfTensor } from '../tensors.ts';

/** A node of a graph model, as tfjs-converter reads it. */
export interface ModelNode {
  readonly name: string;
  readonly op: string;
  readonly inputNames: readonly string[];
  readonly attrParams: Readonly<Record<string, { readonly value?: unknown } | undefined>>;
  readonly outputs?: readonly string[];
}

/** What runs a graph model: any of its nodes can be fed, and any fetched. */
export interface Executor {
  readonly graph: {
    readonly nodes: Readonly<Record<string, ModelNode>>;
    readonly inputs: readonly ModelNode[];
    readonly outputs: readonly ModelNode[];
  };
  readonly weightMap: Record<string, Core.Tensor[]>;
  execute(inputs: Readonly<Record<string, TfTensor>>, outputs: readonly string[]): TfTensor[];
}

/** Where a node is described. */
export interface NodePad extends Sketchpad {
  readonly node: ModelNode;
  /** Attribute by tfjs-converter's name of it. */
  attribute<T>(name: string, otherwise: T): T;
  /** Elements of input i, which must be a constant. Throws E_UNSUPPORTED where it is computed. */
  numbers(slot: number): readonly number[];
  /** Input i, counted from the end where negative. */
  input(slot: number): string;
}

export type DescribeNode = (pad: NodePad) => string | readonly string[];
export type NodeDescribers = Readonly<Record<string, DescribeNode>>;

/** Name of a node and which of its outputs: `split:1` is the second. */
export function reference(input: string): { readonly node: string; readonly index: number } {
  const [node, index] = input.replace(/^\^/, '').split(':');
  return { node: node as string, index: index === undefined ? 0 : Number(index) };
}

/** The graph's name of a node's output. */
export const tensorName = (input: string): string => {
  const { node, index } = reference(input);
  return index === 0 ? node : `${node}:${index}`;
};
