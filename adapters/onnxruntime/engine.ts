import type { Tensor } from '../../harness/types/tensor.ts';
import type { RawMetadata } from './runtime.mjs';

/** A model, loaded and fed: every `fetch` runs it on the same feeds. */
export interface Session {
  /** Computed tensors by name. Throws E_REFERENCE or E_SHAPE where the run fails. */
  fetch(names: readonly string[]): Promise<Map<string, Tensor>>;
  release(): Promise<void>;
}

/** A place where ONNX Runtime runs. */
export interface Engine {
  readonly place: Place;
  /** Version of ONNX Runtime. */
  readonly version: string;
  /** Whether weights are written into the models that it is given, however large; otherwise large ones are fed. */
  readonly holdsParameters: boolean;
  /** Loads a model and feeds it. Throws E_REFERENCE where ONNX Runtime refuses the model, E_INPUT where the feeds do not fit it. */
  open(bytes: Uint8Array, feeds: ReadonlyMap<string, Tensor>, title: string): Promise<Session>;
  /** What ONNX Runtime knows of the model's outputs when it has loaded it. A dimension that it cannot know is a string; an unknown rank looks like a scalar's. */
  inspect(bytes: Uint8Array, title: string): Promise<readonly RawMetadata[]>;
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
