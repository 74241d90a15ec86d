import type { Attribute, Attributes, GraphNode } from '../../harness/types/graph.ts';
import type { DataType, Shape, Tensor } from '../../harness/types/tensor.ts';

/** The opset in which every backward graph is written: forward nodes are lifted to it first. */
export const WORKING_OPSET = 21;

/** What one forward run made concrete: the shape and type of every tensor, and the elements of those that are integers, booleans or constants. */
export interface Concrete {
  shape(name: string): Shape;
  dtype(name: string): DataType;
  /** Elements of an integer, boolean, or constant tensor; undefined for a computed float. */
  constant(name: string): Tensor | undefined;
}

/** Where a rule writes its nodes. All names are tensor names; shapes and types of what is emitted are the rule's own affair. */
export interface Emitter {
  /** Adds a node and returns its first output. */
  emit(op: string, inputs: readonly string[], attributes?: Attributes, domain?: string): string;
  /** Adds a node with several outputs. */
  emitMany(
    op: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Attributes,
    domain?: string,
  ): readonly string[];
  /** Adds a constant. Equal constants share one initializer. */
  constant(tensor: Tensor): string;
  /** int64 vector. */
  ints(values: readonly number[]): string;
  /** Scalar (shape []) of the given float type; the value is rounded to it. */
  scalar(value: number, dtype: DataType): string;
}

/** What a gradient rule is given: one node of the (lifted, concrete) forward graph. */
export interface GradientContext extends Emitter {
  readonly node: GraphNode;
  readonly attributes: Attributes;
  /** Names of the node's inputs ('' absent). Reading one in an emitted node makes it an input of the backward graph. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Gradient of each output, undefined where none arrives. At least one is defined. */
  readonly cotangents: readonly (string | undefined)[];
  /** Whether the gradient of input i is wanted and its type is a float. */
  needs(input: number): boolean;
  shape(name: string): Shape;
  dtype(name: string): DataType;
  /** Elements known before the run (integers, booleans, constants); throws E_NO_GRADIENT naming the node where they are not. */
  known(name: string): Tensor;
  /** Same, but undefined instead of an error. */
  maybeKnown(name: string): Tensor | undefined;
  /** Numbers of `known`, as plain numbers. */
  knownInts(name: string): readonly number[];
  /** Sums `gradient` (of shape `from`) over the axes along which `to` was broadcast, and gives it the shape `to`. */
  unbroadcast(gradient: string, from: Shape, to: Shape): string;
  /** Emits the forward node again in the backward graph (same attributes), on other inputs if given, with so many outputs: for indices, masks, and the index trick. */
  again(inputs?: readonly string[], outputs?: number): readonly string[];
}

/** One gradient rule: the vector-Jacobian product of an operator, in standard operators of WORKING_OPSET. */
export interface GradientRule {
  readonly op: string;
  /** '' (ai.onnx) unless said. */
  readonly domain?: string;
  /** One name an input: undefined where no gradient flows. */
  gradient(context: GradientContext): readonly (string | undefined)[];
}

/** An operator that has no derivative, and why: asked for its gradient, differentiation stops (or, where nothing but it leads to a tensor, that tensor has none). */
export interface NoGradient {
  readonly op: string;
  readonly domain?: string;
  readonly noGradient: string;
}

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value: Math.fround(value) });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const text = (value: string): Attribute => ({ kind: 'string', value });
