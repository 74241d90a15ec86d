import type { DataType, Shape, Tensor, TensorSource } from './tensor.ts';

/** One attribute of an ONNX node. Integers are numbers: INT64_MIN and INT64_MAX lose their last digits, which no operator minds. */
export type Attribute =
  | { readonly kind: 'int' | 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints' | 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'tensors'; readonly value: readonly Tensor[] }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'graphs'; readonly value: readonly Graph[] };

export type Attributes = Readonly<Record<string, Attribute>>;

/** One operator of the graph. An absent optional input or output is the empty string. */
export interface GraphNode {
  /** Unique in its graph; made up from the operator and the first output where the model has none. */
  readonly name: string;
  readonly op: string;
  /** '' is ai.onnx. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

/** A graph input or output. A dimension is a number, a symbol, or null where the model says nothing. */
export interface ValueInfo {
  readonly name: string;
  readonly dtype: DataType | null;
  readonly shape: readonly (number | string | null)[] | null;
}

/**
 * A network in ONNX's operators: what the reference computes. Nodes are in an order in which every tensor is produced
 * before it is used. `inputs` are those that have no initializer.
 */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: ReadonlyMap<string, TensorSource>;
  /** Operator-set version by domain ('' is ai.onnx). */
  readonly opset: ReadonlyMap<string, number>;
}

export type { Shape };
