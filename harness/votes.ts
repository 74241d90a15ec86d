import { check, type CheckOptions } from './check.ts';
import { isLayerdiffError, LayerdiffError } from './errors.ts';
import type { Aligned } from './run/aligned.ts';
import type { Reference, Subject, SubjectRun } from './types/adapter.ts';
import type { Dispute, Report } from './types/report.ts';
import type { TensorSource } from './types/tensor.ts';
import { crossExamine, type Start, traceOf } from './votes/cross.ts';
import { disputesOf } from './votes/disputes.ts';
import { elect } from './votes/elect.ts';
import { inputsFor } from './votes/inputs.ts';
import { labelsOf } from './votes/labels.ts';

/**
 * Checks a subject against one or several references of the same network. Where references disagree, the oracle decides, tensor by tensor, and
 * the report is of one that it confirms.
 *
 * Inputs, mapping, loss and seeds are by the first one's names. The subject runs with the first: what it recorded is held against the others,
 * aligned with each anew.
 * @throws as `check` does, for the first reference; what another cannot do is a note
 */
export async function checkAll(
  subject: Subject,
  references: readonly Reference[],
  options: CheckOptions = {},
): Promise<Report> {
  const [first, ...others] = references;
  if (first === undefined)
    throw new LayerdiffError('E_OPTION', 'reference', 'none was given', 'Name a model (.onnx, model.json).');
  if (others.length === 0) return check(subject, first, options);
  const seen: { run: SubjectRun | null; found: Aligned | null } = { run: null, found: null };
  const watched: Subject = { ...subject, run: async (request) => (seen.run = await subject.run(request)) };
  const onAligned: CheckOptions['onAligned'] = (found, graph) => {
    seen.found = found;
    options.onAligned?.(found, graph);
  };
  const report = await check(watched, first, { ...options, onAligned });
  const { run, found } = seen;
  // Both sides were not given the same, or the subject is not deterministic: there is nothing to vote on.
  if (run === null || found === null || found.stop !== null) return report;
  return vote({ subject, run, found, options }, report, [first, ...others]);
}

interface Seen {
  readonly subject: Subject;
  readonly run: SubjectRun;
  readonly found: Aligned;
  readonly options: CheckOptions;
}

async function vote(seen: Seen, ofFirst: Report, references: readonly Reference[]): Promise<Report> {
  const [first, ...others] = references as [Reference, ...Reference[]];
  const labels = labelsOf(references);
  const reports = [ofFirst];
  const disputes: Dispute[] = [];
  const refusals: string[] = [];
  const start = startOf(seen.found);
  for (const [i, other] of others.entries()) {
    const pair = [labels[0] as string, labels[i + 1] as string] as const;
    reports.push((await attempt(pair[1], refusals, () => again(seen, other))) ?? abstained(ofFirst, other));
    disputes.push(...((await attempt(pair[1], refusals, () => disputed(pair, [first, other], start))) ?? []));
  }
  const elected = elect(reports, labels, disputes);
  return { ...elected, notes: [...elected.notes, ...new Set(refusals)] };
}

/** What the subject recorded, against another reference. */
function again({ subject, run, options }: Seen, reference: Reference): Promise<Report> {
  const { graph } = reference;
  const known = new Set([
    ...graph.nodes.flatMap((node) => node.outputs),
    ...graph.initializers.keys(),
    ...graph.inputs.map(({ name }) => name),
  ]);
  const { map: own, ...rest } = subject;
  const leading = (map: ReadonlyMap<string, string> = new Map()) => new Map([...map].filter(([, to]) => known.has(to)));
  const recorded: Subject = { ...rest, map: leading(own), runs: false, run: async () => run };
  const { loss, seeds = [], inputs = new Map<string, TensorSource>(), onAligned: _told, ...others } = options;
  return check(recorded, reference, {
    ...others,
    map: leading(options.map),
    inputs: inputsFor(graph, inputs),
    loss: loss != null && known.has(loss) ? loss : null,
    seeds: seeds.filter((name) => known.has(name)),
  });
}

/** A reference that could not be asked. */
function abstained(report: Report, { name, kind, version, backward }: Reference): Report {
  return { ...report, reference: { name, kind, version, backward }, outcome: 'inconclusive' };
}

function startOf({ shared, loss, seeds, alignment }: Aligned): Start {
  const gradients = [...seeds].flatMap((name) => {
    const gradient = alignment.pairs.get(name)?.gradient ?? null;
    return gradient === null ? [] : [[name, gradient] as const];
  });
  return { inputs: shared.inputs, loss, seeds: new Map(gradients) };
}

/** Runs two references on the same inputs, and has the oracle hold each against the other's graph. */
async function disputed(
  labels: readonly [string, string],
  [first, second]: readonly [Reference, Reference],
  start: Start,
): Promise<readonly Dispute[]> {
  const startOfSecond = startFor(second, start);
  const traces = [await traceOf(first, start), await traceOf(second, startOfSecond)] as const;
  const onFirst = await crossExamine({ name: labels[1], trace: traces[1] }, first, start);
  const onSecond = await crossExamine({ name: labels[0], trace: traces[0] }, second, startOfSecond);
  return disputesOf(labels, onFirst, onSecond);
}

function startFor({ graph }: Reference, { inputs, loss, seeds }: Start): Start {
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  return {
    inputs: inputsFor(graph, inputs),
    loss: loss !== null && made.has(loss) ? loss : null,
    seeds: new Map([...seeds].filter(([name]) => made.has(name))),
  };
}

/** What one reference cannot do is told; the others go on. */
async function attempt<T>(label: string, refusals: string[], step: () => Promise<T>): Promise<T | null> {
  try {
    return await step();
  } catch (error) {
    if (!isLayerdiffError(error)) throw error;
    refusals.push(`${label} has no vote: ${error.message}`);
    return null;
  }
}
