import type { DataType, Tensor, TensorSource } from './tensor.ts';

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
  /** The layer that the node describes a part of, one object a layer, where a network of other layers is told in ONNX's operators. */
  readonly partOf?: DescribedLayer;
}

/** A layer of a framework that is described by several nodes: its own name, and its class or operator there. */
export interface DescribedLayer {
  readonly name: string;
  readonly kind: string;
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

/** Who makes and who reads each tensor of a graph, and in what order. */
export interface Wiring {
  readonly graph: Graph;
  readonly producer: ReadonlyMap<string, GraphNode>;
  /** Nodes that read the tensor, each once, in order of execution; reads inside sub-graphs count for the node that holds them. */
  readonly consumers: ReadonlyMap<string, readonly GraphNode[]>;
  /** Position of a node in order of execution. */
  readonly position: ReadonlyMap<GraphNode, number>;
}
