import { isNetwork, type Network, networkSubject } from '../adapters/network/index.ts';
import { twinReference } from '../adapters/network/twin-reference.ts';
import { isTwin, type TwinRequest } from '../adapters/network/twin-request.ts';
import { onnxModelSubject, openOnnxReference, referenceOf } from '../adapters/onnxruntime/index.ts';
import { type ProcessOptions, processSubject } from '../adapters/process/index.ts';
import { traceSubject } from '../adapters/trace/subject.ts';
import { LayerdiffError } from '../harness/errors.ts';
import type { Reference, Subject } from '../harness/types/adapter.ts';
import type { Graph } from '../harness/types/graph.ts';
import type { TensorSource } from '../harness/types/tensor.ts';
import type { Trace } from '../harness/types/trace.ts';

/** What is under test: a network, a program (`{ command }`), a recorded trace or the path of one, the path of an ONNX model, or a subject made by an adapter. */
export type ReceivedSubject = Network | ProcessOptions | Trace | Subject | string;

/** What it is held against: the path of an ONNX model, a graph, `twin()`, or a reference that is open (and stays so). */
export type ExpectedReference = string | Graph | TwinRequest | Reference;

/** Opens what was received. Throws E_SUBJECT for what is no subject, E_FILE and E_FORMAT for a trace that cannot be read. */
export function subjectFrom(received: unknown): Subject {
  if (typeof received === 'string')
    return /\.onnx$/i.test(received) ? onnxModelSubject(received) : traceSubject(received);
  const offered = (typeof received === 'object' && received !== null ? received : {}) as Record<string, unknown>;
  if (typeof offered['run'] === 'function' && typeof offered['runs'] === 'boolean') return received as Subject;
  if (isNetwork(received)) return networkSubject(received, received.name);
  if (Array.isArray(offered['command'])) return processSubject(received as ProcessOptions);
  if (offered['values'] !== undefined && offered['gradients'] !== undefined) return recorded(received as Trace);
  // A network that lacks something: its adapter says what.
  if (Array.isArray(offered['layers']) || offered['run'] !== undefined) return networkSubject(received as Network, '');
  const what = received === null ? 'null' : typeof received;
  const remedy = 'Give a network ({ name, layers }), a program ({ command }), or the path of a trace.';
  throw new LayerdiffError('E_SUBJECT', 'expect(…)', `a network or a trace is expected, and this is ${what}`, remedy);
}

function recorded(trace: Trace): Subject {
  const { producer } = trace.metadata;
  const run = async () => ({ trace, observations: [] });
  return { name: producer ?? 'trace', kind: 'trace', producer, runs: false, run, release: async () => {} };
}

/**
 * Lends the reference to `use`, and closes it again unless it was open before.
 * @throws E_PEER where ONNX Runtime is not installed, E_REFERENCE for what is no reference, and what opening it throws
 */
export async function withReference<T>(
  expected: ExpectedReference,
  subject: Subject,
  inputs: ReadonlyMap<string, TensorSource>,
  use: (reference: Reference) => Promise<T>,
): Promise<T> {
  if (isReference(expected)) return use(expected);
  const reference = await opened(expected, subject, inputs);
  try {
    return await use(reference);
  } finally {
    await reference.release();
  }
}

function opened(
  expected: Exclude<ExpectedReference, Reference>,
  subject: Subject,
  inputs: ReadonlyMap<string, TensorSource>,
): Promise<Reference> {
  if (typeof expected === 'string' && /\.onnx$/i.test(expected)) return openOnnxReference(expected);
  if (isTwin(expected)) return twinReference(expected, subject, inputs);
  if (typeof expected === 'object' && expected !== null && Array.isArray(expected.nodes)) {
    return referenceOf({ graph: expected, irVersion: 10, producer: '' }, expected.name);
  }
  const what = typeof expected === 'string' ? expected : typeof expected;
  const remedy = 'Give the path of an .onnx model, a graph, twin(), or a reference that an adapter opened.';
  throw new LayerdiffError('E_REFERENCE', 'expected', `no reference: ${what}`, remedy);
}

const isReference = (expected: unknown): expected is Reference =>
  typeof expected === 'object' && expected !== null && typeof (expected as Partial<Reference>).replay === 'function';
