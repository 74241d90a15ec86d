import { check, type CheckOptions } from '../../harness/check.ts';
import { recordReference } from '../../harness/record.ts';
import { fromNumbers, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { Reference, Subject } from '../../harness/types/adapter.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { Report } from '../../harness/types/report.ts';
import type { DataType, Shape, Tensor, TensorSource } from '../../harness/types/tensor.ts';
import type { Direction, Trace } from '../../harness/types/trace.ts';
import { referenceOf } from '../../adapters/onnxruntime/index.ts';

export { random } from './random.ts';

/** A small network in a framework, its inputs, and the right trace of it. */
export interface Bench {
  readonly reference: Reference;
  readonly inputs: ReadonlyMap<string, TensorSource>;
  readonly trace: Trace;
}

/** Runs a graph in ONNX Runtime and records everything. */
export async function benchOf(graph: Graph, inputs: Readonly<Record<string, Tensor>>): Promise<Bench> {
  const reference = await referenceOf({ graph, irVersion: 9, producer: 'test' }, 'model');
  const sources = new Map(Object.entries(inputs).map(([name, tensor]) => [name, sourceOf(tensor)]));
  return { reference, inputs: sources, trace: await recordReference(reference, sources, null) };
}

/** The bench of the right network with the trace of a wrong one: the same names, the bug travels as it would. */
export async function bugIn(right: Graph, wrong: Graph, inputs: Readonly<Record<string, Tensor>>): Promise<Bench> {
  const bench = await benchOf(right, inputs);
  return { ...bench, trace: (await benchOf(wrong, inputs)).trace };
}

const WAYS = { forward: 'values', backward: 'gradients' } as const satisfies Record<Direction, keyof Trace>;

/** The trace with one tensor's elements changed, and nothing else. */
export function changed(
  trace: Trace,
  direction: Direction,
  name: string,
  change: (data: Float64Array, shape: Shape) => ArrayLike<number>,
): Trace {
  const way = WAYS[direction];
  const source = trace[way].get(name);
  if (source === undefined) throw new Error(`nothing is recorded of ${name}, ${direction}`);
  const { dtype, shape } = source;
  const tensor = fromNumbers(dtype, shape, change(toNumbers(source.read()), shape));
  return { ...trace, [way]: new Map([...trace[way], [name, sourceOf(tensor)]]) };
}

/** The bench with a wrong gradient of one tensor, and all gradients before it as they follow from that. */
export async function wrongGradient(
  bench: Bench,
  name: string,
  change: (data: Float64Array, shape: Shape) => ArrayLike<number>,
  loss = 'loss',
): Promise<Bench> {
  const trace = changed(bench.trace, 'backward', name, change);
  const gradients = new Map([[name, trace.gradients.get(name) as TensorSource]]);
  const wantGradients = [...trace.gradients.keys()].filter((other) => other !== name);
  const request = { inputs: bench.inputs, values: new Map(), gradients, loss, wantValues: [], wantGradients };
  const all = new Map(trace.gradients);
  for await (const answer of bench.reference.replay(request)) all.set(answer.name, sourceOf(answer.tensor));
  return { ...bench, trace: { ...trace, gradients: all } };
}

/** The trace without these tensors, in one direction or both. */
export function without(
  trace: Trace,
  names: readonly string[],
  directions: readonly Direction[] = ['forward', 'backward'],
): Trace {
  const rest = (way: 'values' | 'gradients', direction: Direction) =>
    directions.includes(direction) ? new Map([...trace[way]].filter(([name]) => !names.includes(name))) : trace[way];
  return { ...trace, values: rest('values', 'forward'), gradients: rest('gradients', 'backward') };
}

/** Every float of a trace in another type. */
export function stored(trace: Trace, dtype: DataType): Trace {
  const convert = (map: ReadonlyMap<string, TensorSource>) =>
    new Map(
      [...map].map(([name, source]) => {
        const isFloat = source.dtype.startsWith('float');
        return [name, isFloat ? sourceOf(fromNumbers(dtype, source.shape, toNumbers(source.read()))) : source] as const;
      }),
    );
  return { ...trace, values: convert(trace.values), gradients: convert(trace.gradients) };
}

/** A trace as the subject. */
export function subjectOf(trace: Trace): Subject {
  return {
    name: 'subject',
    kind: 'trace',
    producer: null,
    runs: false,
    run: () => Promise.resolve({ trace, observations: [] }),
    release: () => Promise.resolve(),
  };
}

/** Checks the bench's trace, or another, against its reference. */
export const checked = (bench: Bench, trace: Trace = bench.trace, options: CheckOptions = {}): Promise<Report> =>
  check(subjectOf(trace), bench.reference, options);

/** Faulty tensors by direction, as `forward conv1`, in the report's order. */
export const faults = ({ forward, backward }: Report): readonly string[] =>
  [...forward.faulty, ...backward.faulty].map(({ direction, tensor }) => `${direction} ${tensor}`);

/** The row of one tensor. */
export function rowOf(report: Report, direction: Direction, tensor: string) {
  const row = report.tensors.find((r) => r.direction === direction && r.tensor === tensor);
  if (row === undefined) throw new Error(`the report has no row of ${tensor}, ${direction}`);
  return row;
}
