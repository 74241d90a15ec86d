import type { Attribute } from '../../harness/types/graph.ts';
import type { OptimizerDeclaration } from '../../harness/types/optimizer.ts';
import type { Tensor } from '../../harness/types/tensor.ts';

/**
 * A hand-written network in this process, as its author has it: plain functions over plain arrays. Nothing here is a class
 * to extend or a registry to fill; a network is an object that says what its layers are called and how to run them.
 *
 * Two forms: `layers`, which the harness walks forward and backward, summing the gradients of a tensor over its uses; or
 * `run`, for code that cannot be taken apart, which tells a probe what it computed.
 */
export interface Network {
  readonly name: string;
  /** Names of its inputs; by default those of the reference. */
  readonly inputs?: readonly string[];
  /**
   * Its own arrays, by its own names: the reference's numbers are copied into them before each run, and read back. Where it
   * keeps them otherwise (another layout, another memory) it gives `load` and `read` instead; with neither, the reference's
   * are handed to each layer under the names used there.
   */
  readonly parameters?: Named<NetworkTensor>;
  /** Takes over the reference's parameters, under its own names. */
  load?(parameters: Named<NetworkTensor>): void | Promise<void>;
  /** Gives them back in the reference's layout, to prove that they arrived. Without it the report says that this was not proven. */
  read?(): Named<NetworkTensor> | Promise<Named<NetworkTensor>>;
  /** Its own names to the reference's, where they differ: `{ 'conv1.weight': 'net.conv1.weight' }`. */
  readonly names?: Named<string>;
  /** Axis letters of tensors whose layout differs from the reference's: `{ conv1: 'NHWC' }`. */
  readonly axes?: Named<string>;
  /** The scalar to differentiate; by default the first output of the last layer. */
  readonly loss?: string;
  /** Where there is no scalar: the gradients of outputs that the backward pass begins with. */
  readonly seeds?: Named<Numbers>;
  /** In order of execution. */
  readonly layers?: readonly Layer[];
  /** What its optimiser is set to: `{ algorithm: 'adam', learningRate: 0.001 }`, or `'adam,learningRate=0.001'`. */
  readonly optimizer?: OptimizerDeclaration;
  /** The optimiser's step after the backward pass: changes the parameters in place. What it did to each is judged. Called once a run; at the first it is step 1. */
  step?(context: StepContext): void | Promise<void>;
  /** One whole iteration, forward and backward, that tells the probe what it computed. */
  run?(context: RunContext): void | Promise<void>;
}

/** Things by name. Asking the harness's own for a name that is not there throws, and says which are. */
export interface Named<T> {
  readonly [name: string]: T;
}

/** Numbers as hand-written networks have them. What float32 cannot hold exactly (float64, large integers) comes as a Float64Array. */
export type Numbers = Float32Array;

/** Elements in row-major order. A scalar has shape []. */
export interface NetworkTensor {
  readonly data: Numbers;
  readonly shape: readonly number[];
}

/**
 * What a layer may return for one tensor. Bare numbers take the shape of the layer's first input where they are as many,
 * else [batch, rest]; a single one is a scalar.
 */
export type Computed =
  | ArrayLike<number>
  | number
  | { readonly data: ArrayLike<number>; readonly shape: readonly number[] };

/** One layer: what it reads, what it writes, and how. */
export interface Layer {
  readonly name: string;
  /** Tensors that it reads, by name; by default the first output of the layer before it (for the first layer, the network's first input). */
  readonly inputs?: readonly string[];
  /** Tensors that it writes; by default one, of the layer's name. */
  readonly outputs?: readonly string[];
  /** Parameters that it uses; needed only where it does not read them from the context. */
  readonly parameters?: readonly string[];
  /** What it computes, in ONNX's operators: from this the reference is written for who has none. See {@link Operator} and `twin()`. */
  readonly op?: Operator | readonly Operator[];
  /** Computes its output: a {@link Computed}, or one by name where there are several. May be async. */
  forward(context: ForwardContext): Computed | Named<Computed> | Promise<Computed | Named<Computed>>;
  /** Computes the gradients of what it read, from those of what it wrote. Without it, nothing is known of the gradients before it. */
  backward?(context: BackwardContext): Gradients | Promise<Gradients>;
}

/**
 * What a layer computes, as an operator of ONNX (https://onnx.ai/onnx/operators/), operator set 21. Several in a row for a layer that
 * does several things: each reads what the one before it wrote unless it says otherwise.
 */
export interface Operator {
  /** `Conv`, `Gemm`, `Relu`, … */
  readonly type: string;
  /** '' (ONNX's own) unless said. */
  readonly domain?: string;
  readonly attributes?: Named<OperatorAttribute>;
  /**
   * What it reads, in the operator's order: tensors and parameters by the network's names, constants as they are, '' where an optional
   * one is left out. By default what the layer reads, then the parameters that it declares.
   */
  readonly inputs?: readonly (string | Tensor)[];
  /** What it writes, in the operator's order; by default what the layer writes. A name that the layer does not write is its own affair. */
  readonly outputs?: readonly string[];
}

/** A number is an integer or a float as ONNX has it for attributes of that name; `{ kind: 'float', value: 1 }` says it outright. */
export type OperatorAttribute = number | string | readonly number[] | readonly string[] | Tensor | Attribute;

/** What the optimiser is given: the parameters, to be changed in place, and their gradients, by the network's names. */
export interface StepContext {
  readonly parameters: Named<NetworkTensor>;
  readonly gradients: Named<Numbers>;
}

export interface ForwardContext {
  /** The first input. */
  readonly input: NetworkTensor;
  readonly inputs: Named<NetworkTensor>;
  readonly parameters: Named<NetworkTensor>;
  /** Whatever the layer wants to keep for its backward pass: an argmax, a mean. Empty at the beginning of each run. */
  readonly saved: Record<string, Numbers>;
}

export interface BackwardContext extends ForwardContext {
  /** The first output, and the gradient that arrived there: d loss / d output, summed over all uses. */
  readonly output: NetworkTensor;
  readonly gradient: Numbers;
  readonly outputs: Named<NetworkTensor>;
  readonly gradients: Named<Numbers>;
}

/**
 * d loss / d input and d loss / d parameter. `input` is for a layer with one; `inputs` by name or in order. What is left
 * out stays unseen; `null` says that no gradient flows there.
 */
export type Gradients =
  | ArrayLike<number>
  | {
      readonly input?: ArrayLike<number> | null;
      readonly inputs?: Named<ArrayLike<number> | null> | readonly (ArrayLike<number> | null | undefined)[];
      readonly parameters?: Named<ArrayLike<number> | null>;
    };

export interface RunContext {
  readonly inputs: Named<NetworkTensor>;
  readonly parameters: Named<NetworkTensor>;
  readonly probe: Probe;
}

/** What code that cannot be taken apart calls as it goes. Everything is copied at once: buffers may be used again. */
export interface Probe {
  /** The value of a tensor, in order of execution. */
  (name: string, data: ArrayLike<number> | number, shape?: readonly number[]): void;
  /** d loss / d `name`, summed over all uses. The shape is the value's. */
  gradient(name: string, data: ArrayLike<number> | number): void;
  /** What `layer` was given as `tensor`: proves that it is what was recorded under that name. */
  use(layer: string, tensor: string, data: ArrayLike<number>): void;
}
