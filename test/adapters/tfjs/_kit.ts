import { check } from '../../../harness/check.ts';
import { recordReference } from '../../../harness/record.ts';
import { fromNumbers, isFloat, sourceOf } from '../../../harness/tensor.ts';
import { sizeOf } from '../../../harness/shape.ts';
import { normal, seedOf } from '../../../harness/numerics/random.ts';
import type { Reference, Subject } from '../../../harness/types/adapter.ts';
import type { Report } from '../../../harness/types/report.ts';
import type { TensorSource } from '../../../harness/types/tensor.ts';
import type { Trace } from '../../../harness/types/trace.ts';
import { loadTfjs } from '../../../adapters/tfjs/index.ts';
import { referenceOf } from '../../../adapters/onnxruntime/index.ts';

export const { core: tf, layers: tfl } = await loadTfjs();

/** Standard normal numbers, or whole ones below `below`, drawn from the name. */
export function drawn(name: string, shape: readonly number[], below?: number): TensorSource {
  const next = normal(seedOf(name, 1));
  const data = Float64Array.from({ length: sizeOf(shape) }, () =>
    below === undefined ? next() : Math.floor(Math.abs(next()) * 7919) % below,
  );
  return sourceOf(fromNumbers(below === undefined ? 'float32' : 'int32', shape, data));
}

/** A recorded trace as a subject. */
export const recorded = (trace: Trace, name = 'recorded'): Subject => ({
  name,
  kind: 'trace',
  producer: null,
  runs: false,
  run: async () => ({ trace, observations: [] }),
  release: async () => {},
});

/** What one reference computes, judged against another. */
export async function judged(
  subject: Reference,
  reference: Reference,
  inputs: ReadonlyMap<string, TensorSource>,
): Promise<Report> {
  return check(recorded(await recordReference(subject, inputs, null), subject.name), reference, { inputs });
}

/** What lies inside a layer: `conv/Transpose`, `loss/constant_2`. Parameters are called `conv/kernel`. */
const isInside = (name: string): boolean => /\/([A-Z]|constant)/.test(name);

/** What a reference computes, of layers and parameters only: each layer then runs by its own code, backward too. */
export async function judgedOutside(
  subject: Reference,
  reference: Reference,
  inputs: ReadonlyMap<string, TensorSource>,
): Promise<Report> {
  const values = new Map(inputs);
  const gradients = new Map<string, TensorSource>();
  const { graph } = subject;
  const made = graph.nodes.flatMap((node) => node.outputs).filter((name) => name !== '' && !isInside(name));
  const floats = [
    ...graph.inputs.filter(({ dtype }) => dtype === 'float32').map(({ name }) => name),
    ...graph.initializers.keys(),
  ];
  const request = {
    inputs,
    values: new Map(),
    gradients: new Map(),
    loss: 'loss',
    wantValues: made,
    wantGradients: [...made, ...floats],
  };
  for await (const { name, direction, tensor } of subject.replay(request)) {
    (direction === 'forward' ? values : gradients).set(name, sourceOf(tensor));
  }
  const metadata = { producer: null, order: null, iteration: 0, axes: new Map(), groups: new Map() };
  const trace = { values, gradients, updates: new Map(), states: new Map(), metadata };
  return check(recorded(trace, subject.name), reference, { inputs });
}

/** The same description in ONNX Runtime. */
export const inOnnxRuntime = ({ graph, name }: Reference): Promise<Reference> =>
  referenceOf({ graph, irVersion: 10, producer: 'test' }, name);

/** Rows that are no match, without those that show nothing. */
export const failures = (report: Report): readonly string[] =>
  report.tensors
    .filter(({ verdict }) => verdict !== 'match' && verdict !== 'vacuous')
    .map((row) => `${row.tensor} ${row.direction} ${row.verdict} ${row.reason ?? ''}`);

/** Rows that were judged, by direction. */
export const judgedRows = (report: Report, direction: 'forward' | 'backward'): number =>
  report.tensors.filter((row) => row.direction === direction && row.verdict === 'match').length;

export const isFloating = (source: TensorSource): boolean => isFloat(source.dtype);
