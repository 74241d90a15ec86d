import { referenceOf } from '../../adapters/onnxruntime/index.ts';
import { traceSubject } from '../../adapters/trace/subject.ts';
import { resolvePlan } from '../../harness/check.ts';
import { aligned } from '../../harness/run/aligned.ts';
import { compareAll, type Compared } from '../../harness/run/compare.ts';
import { locate } from '../../harness/stages/6-locate.ts';
import type { BenchNet } from '../gradients/nets.ts';
import type { Bug } from './bugs.ts';

/** One check of a whole network. */
export interface Outcome {
  readonly tensors: number;
  readonly matches: number;
  readonly vacuous: number;
  /** Tensors found faulty, `forward NAME` or `backward NAME`. */
  readonly faulty: readonly string[];
  /** The bug's layer was found in its direction. */
  readonly located: boolean;
  /** Faulty tensors that are not the bug's. */
  readonly blamed: readonly string[];
  readonly seconds: {
    readonly reference: number;
    readonly oracle: number;
    readonly compare: number;
    readonly total: number;
  };
  readonly peakMiB: number;
  readonly notes: readonly string[];
  readonly rows: readonly string[];
}

/** Stages 1 to 6 of a check of a recorded trace against ONNX Runtime: everything but the search for causes. */
export async function judged(net: BenchNet, path: string, bug: Bug | null): Promise<Outcome> {
  const model = { graph: net.graph, irVersion: 10, producer: 'bench' };
  const reference = await referenceOf(model, net.graph.name, { place: 'here' });
  const now = () => performance.now() / 1000;
  const host = { now, peakBytes: () => process.resourceUsage().maxRSS * 1024 };
  const plan = resolvePlan({ host });
  const started = now();
  const found = await aligned(traceSubject(path), reference, plan);
  if (found.stop !== null) throw new Error(`nothing was compared: ${found.stop}`);
  const compared = await compareAll(found, reference, plan);
  const seconds = { ...compared.seconds, total: now() - started };
  await reference.release();
  return outcomeOf(compared, seconds, host.peakBytes(), net, bug);
}

function outcomeOf(
  { rows: tensors, notes, plan }: Compared,
  seconds: Outcome['seconds'],
  peakBytes: number,
  net: BenchNet,
  bug: Bug | null,
): Outcome {
  const wrong = (['forward', 'backward'] as const).flatMap((direction) =>
    locate(tensors, plan.wiring, direction).faulty.map((site) => `${direction} ${site.tensor}`),
  );
  const own = bug === null ? new Set<string>() : ownTensors(net, bug);
  const count = (verdict: string): number => tensors.filter((row) => row.verdict === verdict).length;
  const target = bug === null ? '' : targetOf(net, bug);
  return {
    tensors: tensors.length,
    matches: count('match'),
    vacuous: count('vacuous'),
    faulty: wrong,
    located: wrong.includes(target),
    blamed: wrong.filter((name) => !own.has(name)),
    seconds,
    peakMiB: Math.round(peakBytes / 2 ** 20),
    notes,
    rows: tensors
      .filter((row) => row.verdict !== 'match')
      .map(
        (row) =>
          `${row.direction} ${row.tensor} (${row.op}) ${row.verdict} ${row.local?.rms} of ${row.allowed?.rms}: ${row.allowed?.because ?? row.reason}`,
      ),
  };
}

const nodeOf = ({ graph }: BenchNet, bug: Bug) =>
  graph.nodes.find((node) => node.name === bug.layer) as BenchNet['graph']['nodes'][number];

/** The tensor that the bug makes wrong. */
const targetOf = (net: BenchNet, bug: Bug): string =>
  bug.number === undefined ? `forward ${nodeOf(net, bug).outputs[0]}` : `${bug.number.direction} ${bug.number.tensor}`;

/** What may be blamed: the tensor itself; where the layer computes something else, all its outputs and what it sends back. */
function ownTensors(net: BenchNet, bug: Bug): ReadonlySet<string> {
  if (bug.number !== undefined) return new Set([targetOf(net, bug)]);
  const { inputs, outputs } = nodeOf(net, bug);
  return new Set([...outputs.map((name) => `forward ${name}`), ...inputs.map((name) => `backward ${name}`)]);
}
