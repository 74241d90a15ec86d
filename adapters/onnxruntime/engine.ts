import type { Tensor } from '../../harness/types/tensor.ts';

/** A model, loaded and fed: every `fetch` runs it on the same feeds. */
export interface Session {
  /** Computed tensors by name. Throws E_REFERENCE or E_SHAPE where the run fails. */
  fetch(names: readonly string[]): Promise<Map<string, Tensor>>;
  /** Element type of each output of the model, as ONNX Runtime inferred it; null where it is no tensor. */
  readonly types: ReadonlyMap<string, string | null>;
  release(): Promise<void>;
}

/** A place where ONNX Runtime runs. */
export interface Engine {
  readonly place: Place;
  /** Version of ONNX Runtime. */
  readonly version: string;
  /** Loads a model and feeds it. Throws E_REFERENCE where ONNX Runtime refuses the model, E_INPUT where the feeds do not fit it. */
  open(bytes: Uint8Array, feeds: ReadonlyMap<string, Tensor>, title: string): Promise<Session>;
  release(): Promise<void>;
}

/**
 * `here`: on the main thread, with no cost of moving tensors; right for small, ordinary models.
 * `thread`: a worker thread, for large models: the main thread goes on, results are handed over without a copy.
 * `process`: a child process, for models that may abort ONNX Runtime.
 *
 * Measured (2 shared cores, Node 20): a thread is up in 40 ms, a process in 80 ms, each plus 60 ms to load ONNX Runtime.
 * Handing over 64 MB takes a thread 80 ms in (copied) and 30 ms out (transferred), a process 560 ms in and 630 ms out
 * (serialised through a pipe): a process costs ten times a thread, so it is for what cannot be trusted, not for what is large.
 */
export type Place = 'here' | 'thread' | 'process';

/** Bounds of one engine. */
export interface EngineLimits {
  /** Longest that one load or run may take in a process or thread, in milliseconds. */
  readonly timeLimit: number;
}
