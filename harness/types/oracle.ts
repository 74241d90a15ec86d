import type { Attributes, Graph, GraphNode } from './graph.ts';
import type { DataType, Shape, TensorSource } from './tensor.ts';
import type { Direction } from './trace.ts';

/**
 * A tensor inside the oracle. Numbers of every type are held in float64 (int64 beyond 2^53 is refused where it would matter);
 * `dtype` says what the network holds there.
 */
export interface Value {
  readonly dtype: DataType;
  readonly shape: Shape;
  readonly data: Float64Array;
  /** Only for dtype `string`; `data` is then empty. */
  readonly strings?: readonly string[];
  /** Only for a sequence: its tensors. `shape` is then their number, and `data` empty. */
  readonly elements?: readonly Value[];
}

/** How the oracle rounds: identity for R64, Math.fround for N32. Applied after every multiplication and every addition, in plain sequential order. */
export interface Arithmetic {
  readonly name: 'float64' | 'float32';
  readonly round: (x: number) => number;
}

/** What an operator is given besides its inputs. */
export interface OperatorContext {
  readonly node: GraphNode;
  readonly attributes: Attributes;
  /** Version of the operator's domain in the model. */
  readonly opset: number;
  readonly arithmetic: Arithmetic;
  /** Runs a sub-graph (If, Loop, Scan) in the scope of the node. */
  readonly run: (graph: Graph, inputs: ReadonlyMap<string, Value>) => ReadonlyMap<string, Value>;
}

/** What a vector-Jacobian product is given. */
export interface VjpContext extends OperatorContext {
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly (Value | undefined)[];
  /** Output i as the network recorded it, where it did: for what cannot be computed again (the mask of Dropout). */
  readonly recorded?: (output: number) => Value | undefined;
  /** d loss / d output, one an output; undefined where the output has no use that leads to the loss. */
  readonly cotangents: readonly (Value | undefined)[];
  /** Absolute noise of the elements of input i (0 where the input is recorded and therefore exact): what lies this near to a kink may fall on either side. */
  readonly noise: readonly number[];
  readonly needs: readonly boolean[];
}

/** The cotangent of one input. `slack[i]` is by how much element i may honestly differ because of a kink or a tie (0 elsewhere). */
export interface Cotangent {
  readonly value: Value;
  readonly slack?: Float64Array;
}

/** One ONNX operator, written from its specification: forward, and its vector-Jacobian product where it has a derivative. */
export interface Operator {
  readonly op: string;
  /** '' (ai.onnx) unless said. */
  readonly domain?: string;
  forward(context: OperatorContext, inputs: readonly (Value | undefined)[]): readonly (Value | undefined)[];
  /** One cotangent an input: undefined where no gradient flows (an integer, a shape, a mask). Absent where the operator has no derivative. */
  vjp?(context: VjpContext): readonly (Cotangent | undefined)[];
  /** Output 0 at some elements (offsets, row-major): the numbers that `forward` has there. Only where that costs less than the whole. */
  forwardAt?(context: OperatorContext, inputs: readonly (Value | undefined)[], elements: Int32Array): Float64Array;
  /** Of an operator whose output 0 is quantised: that output in steps, the zero point included, before it is rounded and clamped. */
  beforeRounding?(context: OperatorContext, inputs: readonly (Value | undefined)[]): Float64Array;
  /** The cotangent of one input at some elements: the numbers that `vjp` has there; null for an input of which only the whole is to be had. */
  vjpAt?(context: VjpContext, slot: number, elements: Int32Array): Float64Array | null;
  /** Why nothing flows back, for operators whose derivative is zero or does not exist. An operator with neither this nor `vjp` is one whose derivative is not implemented. */
  readonly noDerivative?: string;
  /** 1 for operators that frameworks compute to absolute, not relative, accuracy (sigmoid, tanh, softmax, erf). */
  readonly scale?: number;
}

/** What the oracle says of one tensor: both arithmetics, what may honestly differ at kinks, and the scale of absolute accuracy. */
export interface OracleAnswer {
  readonly r64: Value;
  readonly n32: Value;
  readonly slack: Float64Array | null;
  readonly scale: number;
  /** More float32 replays of the same tensor, randomly rounded: asked only where one alone leaves doubt. */
  readonly resample: () => readonly Float64Array[];
  /** What the subject was given is known to a narrower type's unit only: the replays differ in that too, and are always asked before failing. */
  readonly rough: boolean;
}

/**
 * What the oracle is asked to replay; the same meaning as a ReplayRequest. `values` and `gradients` are cuts: uses of a
 * tensor in `values` read the recorded value, and what flows into the producer of a tensor in `gradients` is the recorded gradient.
 */
export interface OracleRequest {
  readonly inputs: ReadonlyMap<string, TensorSource>;
  readonly values: ReadonlyMap<string, TensorSource>;
  readonly gradients: ReadonlyMap<string, TensorSource>;
  /** The scalar whose gradient is 1. */
  readonly loss: string | null;
  /** Of `values`: outputs that their own layer's backward pass reads as they were recorded. Others it reads as it computes them. */
  readonly saved?: ReadonlySet<string>;
}

/** One answer in both arithmetics. */
export interface Answers {
  readonly r64: Value;
  readonly n32: Value;
}

/** R64 and N32 at some elements of a tensor. */
export interface AnswersAt {
  readonly r64: Float64Array;
  readonly n32: Float64Array;
}

/** The third party: R64 and N32 of whatever tensor is asked for. Computes no more than the answer needs, and nothing twice. */
export interface Oracle {
  /** What the tensor's producer computes. Throws E_UNSUPPORTED, E_INPUT. */
  value(name: string): Answers;
  /** The sum over the tensor's uses; zeros where nothing leads from it to the loss. `slack`: by how much elements may honestly differ because of kinks and ties. Throws E_UNSUPPORTED, E_INPUT. */
  gradient(name: string): Answers & { readonly slack: Float64Array | null };
  /** The answers at some elements (offsets, row-major) alone, or null where that would cost as much as the whole. */
  at(name: string, direction: Direction, elements: Int32Array): AnswersAt | null;
  /** A quantised tensor in steps before it was rounded, and clamped to its type's range alone; null where no quantising operator makes it. */
  beforeRounding(name: string): AnswersAt | null;
  /** Null, or why the tensor cannot be computed. */
  supports(name: string, direction: Direction): string | null;
}
