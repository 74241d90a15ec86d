import type { Graph } from './graph.ts';
import type { OptimizerDeclaration } from './optimizer.ts';
import type { DataType, Shape, TensorSource } from './tensor.ts';
import type { Answer, Trace } from './trace.ts';

/**
 * What to replay. Every tensor in `values` is cut: its uses read the given value, its producer still computes it.
 * Every tensor in `gradients` is cut on the way back: what arrives from its uses is an answer, what goes on into its
 * producer is the given gradient. With nothing cut this is the network's own, chained run.
 */
export interface ReplayRequest {
  /** Graph inputs, by name. */
  readonly inputs: ReadonlyMap<string, TensorSource>;
  readonly values: ReadonlyMap<string, TensorSource>;
  readonly gradients: ReadonlyMap<string, TensorSource>;
  /** The scalar to differentiate; its own gradient is 1 unless it is in `gradients`. */
  readonly loss: string | null;
  /** Names whose computed value is wanted. */
  readonly wantValues: readonly string[];
  /** Names whose total gradient is wanted (empty: forward only). */
  readonly wantGradients: readonly string[];
  /** Hears of each wanted gradient that cannot be had, and why; all others are answered. Without it, the first such refuses the request (E_NO_GRADIENT, E_UNSUPPORTED). */
  readonly refused?: (name: string, reason: string) => void;
}

/** A framework that runs the network: the second of the three parties. */
export interface Reference {
  readonly name: string;
  readonly kind: 'onnxruntime' | 'tfjs';
  readonly version: string;
  /** How its gradients are made, for the report. */
  readonly backward: string;
  /** The network in ONNX's operators, for the oracle and for structure. */
  readonly graph: Graph;
  /** Type and shape of every tensor of the graph, for these inputs. */
  describe(inputs: ReadonlyMap<string, TensorSource>): Promise<ReadonlyMap<string, TensorType>>;
  /** Answers arrive in groups bounded in memory; a consumer that drops each keeps memory flat. A tensor that has no gradient path gets an answer of zeros. */
  replay(request: ReplayRequest): AsyncIterable<Answer>;
  release(): Promise<void>;
}

/** What a tensor is, without its elements. */
export interface TensorType {
  readonly dtype: DataType;
  readonly shape: Shape;
}

/** What a run of the subject is given. Names are the reference's. */
export interface SubjectRequest {
  readonly inputs: ReadonlyMap<string, TensorSource>;
  readonly parameters: ReadonlyMap<string, TensorSource>;
}

/** The implementation under test: a trace that was recorded, or something that can be run. */
export interface Subject {
  readonly name: string;
  readonly kind: 'trace' | 'network' | 'process' | 'onnxruntime' | 'tfjs';
  readonly producer: string | null;
  /** What was noticed while running it that the report must say (e.g. E_INPUT_MUTATED sites). */
  run(request: SubjectRequest): Promise<SubjectRun>;
  /** True where `run` computes anew each time, so that determinism can be tested. */
  readonly runs: boolean;
  /** User's mapping of its own names to the reference's, where it declares one. */
  readonly map?: ReadonlyMap<string, string>;
  /** What its optimiser is set to, where it declares one. */
  readonly optimizer?: OptimizerDeclaration;
  /** The network in ONNX's operators, with its parameters, where its layers say what they are. Throws E_UNSUPPORTED naming a layer that does not. */
  describe?(inputs: ReadonlyMap<string, TensorSource>, options: TwinOptions): Promise<Graph>;
  /** Runs one layer by itself on other inputs, forward; null where that cannot be done. Only what runs in this process has it, never a trace. */
  probe?(request: ProbeRequest): Promise<TensorSource | null>;
  release(): Promise<void>;
}

/** One layer, to be run on made-up inputs. */
export interface ProbeRequest {
  /** What it writes, and what it reads, by the subject's names. */
  readonly tensor: string;
  readonly inputs: ReadonlyMap<string, TensorSource>;
  /** By the reference's names. */
  readonly parameters: ReadonlyMap<string, TensorSource>;
}

/** How a twin gets its numbers. */
export interface TwinOptions {
  /** Parameters by the reference's names; by default the network's own. */
  readonly parameters?: ReadonlyMap<string, TensorSource>;
  /**
   * Seed from which parameters are drawn that are all 0, as nothing can be told from them: a bias of 0 hides that it was never added.
   * Default 0; null leaves them as they are.
   */
  readonly draw?: number | null;
  /** What runs it: ONNX Runtime (default), or TensorFlow.js. */
  readonly framework?: 'onnxruntime' | 'tfjs';
}

export interface SubjectRun {
  readonly trace: Trace;
  /** Facts seen while running: an input changed in place, a tensor recorded per use that differs from its producer's. */
  readonly observations: readonly Observation[];
}

/** Something proven while the subject ran, which no comparison of recorded tensors would show. */
export interface Observation {
  readonly kind: 'input-mutated' | 'wrong-source';
  /** Subject's name of the tensor concerned: the mutated input, or the output of the mis-wired layer. */
  readonly tensor: string;
  readonly layer: string;
  readonly detail: string;
}
