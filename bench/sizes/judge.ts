import { referenceOf } from '../../adapters/onnxruntime/index.ts';
import { traceSubject } from '../../adapters/trace/subject.ts';
import { check } from '../../harness/check.ts';
import type { Report } from '../../harness/types/report.ts';
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

/** Checks a trace of the network against ONNX Runtime, without looking for causes. */
export async function judged(net: BenchNet, path: string, bug: Bug | null): Promise<Outcome> {
  const model = { graph: net.graph, irVersion: 10, producer: 'bench' };
  const reference = await referenceOf(model, net.graph.name, { place: 'here' });
  const host = { now: () => performance.now() / 1000, peakBytes: () => process.resourceUsage().maxRSS * 1024 };
  const report = await check(traceSubject(path), reference, { rules: [], host });
  await reference.release();
  return outcomeOf(report, net, bug);
}

function outcomeOf(report: Report, net: BenchNet, bug: Bug | null): Outcome {
  const { tensors, timing } = report;
  const wrong = [...report.forward.faulty, ...report.backward.faulty].map((s) => `${s.direction} ${s.tensor}`);
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
    seconds: timing.seconds,
    peakMiB: Math.round(timing.peakBytes / 2 ** 20),
    notes: report.notes,
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
