import type { Attributes, Graph, GraphNode } from './graph.ts';
import type { DataType, Shape } from './tensor.ts';

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
  /** Why there is no derivative, for operators without `vjp`. */
  readonly noDerivative?: string;
  /** 1 for operators that frameworks compute to absolute, not relative, accuracy (sigmoid, tanh, softmax, erf). */
  readonly scale?: number;
}
