import { difference, noiseBetween } from '../metrics/difference.ts';
import { seedOf, normal } from '../numerics/random.ts';
import { createOracle } from '../oracle/index.ts';
import { readsOf } from '../graph.ts';
import { fromNumbers, isFloat, sourceOf, toNumbers, unitRoundoff } from '../tensor.ts';
import { TENSOR_FACTOR } from '../tolerances/calibrated.ts';
import type { TensorSource } from '../types/tensor.ts';
import { edited, type ProvenEdit } from './forward.ts';
import type { Session } from './session.ts';

/** Inputs that were made to tell rival causes apart, and what they are in words. */
export interface ProbeInput {
  readonly what: string;
  readonly values: ReadonlyMap<string, TensorSource>;
}

/** Runs the subject's layer on these inputs (by the reference's names): its output, or null where it cannot. */
export type RunLayer = (values: ReadonlyMap<string, TensorSource>) => Promise<TensorSource | null>;

const KINDS: readonly (readonly [what: string, change: (x: number, noise: number) => number])[] = [
  ['inputs so small that an epsilon weighs', (x) => x * 1e-3],
  ['negative inputs', (x, z) => -0.5 - Math.abs(x) - 0.1 * Math.abs(z)],
  ['large inputs', (x) => 30 * x],
  ['other inputs', (_x, z) => 1.5 * z + 0.3],
  ['inputs far from zero', (x) => x + 100],
];

/** The tensors that the segment reads and that are no parameters. */
function leavesOf({ segment, wiring, request }: Session): readonly string[] {
  const made = new Set(segment.nodes.flatMap((node) => node.outputs).filter((name) => !request.values.has(name)));
  const read = new Set(segment.nodes.flatMap((node) => [...readsOf(node)]));
  const constant = (name: string): boolean =>
    wiring.graph.initializers.has(name) || wiring.producer.get(name)?.op === 'Constant';
  return [...read].filter((name) => name !== '' && !made.has(name) && !constant(name));
}

/** Inputs of the layer that differ from the recorded ones in what bugs are sensitive to. Integers stay as they are. */
export function* probeInputs(session: Session): Iterable<ProbeInput> {
  const { request, recordedValues } = session;
  const sources = leavesOf(session).map(
    (name) => [name, recordedValues.get(name) ?? request.inputs.get(name)] as const,
  );
  if (sources.some(([, source]) => source === undefined)) return;
  for (const [what, change] of KINDS) {
    const values = sources.map(([name, source]) => {
      const { dtype, shape } = source as TensorSource;
      const next = normal(seedOf(name, 1));
      if (!isFloat(dtype)) return [name, source as TensorSource] as const;
      const data = toNumbers((source as TensorSource).read()).map((x) => change(x, next()));
      return [name, sourceOf(fromNumbers(dtype, shape, data))] as const;
    });
    yield { what, values: new Map(values) };
  }
}

/** The rivals that still hold on inputs made to tell them apart, and what those were; null where all hold, none does, or the layer cannot be run. */
export async function toldApart(
  session: Session,
  rivals: readonly ProvenEdit[],
  run: RunLayer,
): Promise<{ readonly kept: readonly ProvenEdit[]; readonly by: readonly string[] } | null> {
  let kept = rivals;
  const by: string[] = [];
  for (const { what, values } of probeInputs(session)) {
    const output = await run(values);
    if (output === null || output.shape.join() !== session.truth.shape.join()) continue;
    const subject = toNumbers(output.read());
    const left = kept.filter((rival) => holds(session, rival, values, subject));
    if (left.length === 0 || left.length === kept.length) continue;
    kept = left;
    by.push(what);
    if (kept.length === 1) break;
  }
  return by.length === 0 ? null : { kept, by };
}

function holds(
  { segment, request, tensor }: Session,
  { node, edit, inFloat32 }: ProvenEdit,
  values: ReadonlyMap<string, TensorSource>,
  subject: Float64Array,
): boolean {
  try {
    const probed = { ...request, inputs: replaced(request.inputs, values), values: replaced(request.values, values) };
    const { r64, n32 } = createOracle(edited(segment, node, edit), probed).value(tensor);
    const predicted = (inFloat32 === true ? n32 : r64).data;
    const left = difference(subject, predicted, null);
    const noise = noiseBetween(n32.data, r64.data, null);
    const allowed = 2 * TENSOR_FACTOR * noise + 4 * unitRoundoff('float32') * left.referenceRms;
    return left.nonFinite === 0 && left.rms <= allowed;
  } catch {
    return false;
  }
}

const replaced = (
  all: ReadonlyMap<string, TensorSource>,
  some: ReadonlyMap<string, TensorSource>,
): ReadonlyMap<string, TensorSource> => new Map([...all].map(([name, source]) => [name, some.get(name) ?? source]));
