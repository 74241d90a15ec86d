import type { CheckPlan } from '../check.ts';
import { isInterior, wire } from '../graph.ts';
import { siteOf } from '../stages/6-locate.ts';
import { keyOf } from '../stages/5-judge.ts';
import type { NotShared } from '../stages/1-share.ts';
import type { Reference, Subject } from '../types/adapter.ts';
import type { Cause, Findings, Outcome, Report, Site, TensorReport, Unseen, UpdateReport } from '../types/report.ts';
import type { Direction } from '../types/trace.ts';
import type { Aligned } from './aligned.ts';
import type { Compared } from './compare.ts';
import type { BothFindings } from './diagnose.ts';
import type { Updates } from './updates.ts';
import { isTooLittle, observationNotes, unseenNotes, verdictNotes, whyInconclusive } from './notes.ts';

const STOPPED = 'The search for causes was stopped: a fault without a cause was not searched, or not to the end.';

const NOTHING: Findings = { firstDivergence: null, faulty: [] };

/** The report of a finished comparison. */
export function assemble(
  found: Aligned,
  compared: Compared,
  located: BothFindings,
  updates: Updates,
  subject: Subject,
  reference: Reference,
  plan: CheckPlan,
  started: number,
): Report {
  const rows = inOrder(compared);
  const unseen = unseenOf(found, compared, rows);
  const findings = withUpdates(located, updates);
  const outcome = outcomeOf(rows, findings, found, updates);
  const notes = [
    ...found.notes,
    ...compared.notes,
    ...updates.notes,
    ...(plan.signal?.aborted === true ? [STOPPED] : []),
    ...unseenNotes(unseen),
    ...verdictNotes(rows),
    ...observationNotes(found),
  ];
  if (outcome === 'inconclusive') notes.unshift(whyInconclusive(rows, found, updates));
  return {
    ...heading(subject, reference, found),
    outcome,
    ...findings,
    tensors: rows,
    unseen,
    ...(updates.rows.length === 0 ? {} : { updates: updates.rows }),
    notes,
    rerun: plan.rerun,
    timing: timing(compared.seconds, plan, started),
  };
}

/** The report of a comparison that stopped before it began: the two sides were not given the same, or the subject is not deterministic. */
export function stopped(
  found: Aligned,
  subject: Subject,
  reference: Reference,
  plan: CheckPlan,
  started: number,
): Report {
  const rows = found.stop === 'not-shared' ? notSharedRows(found) : unstableRows(found, reference);
  const sites = rows.map(
    ({ row, cause }): Site => ({ ...siteOf(row), cause, candidates: cause === null ? [] : [cause] }),
  );
  const of = (direction: Direction): Findings => {
    const faulty = sites.filter((site) => site.direction === direction);
    return faulty.length === 0 ? NOTHING : { firstDivergence: faulty[0] as Site, faulty };
  };
  const why =
    found.stop === 'not-shared'
      ? 'The two sides were not given the same inputs and parameters: nothing else was compared. Make them equal first.'
      : 'The subject is not deterministic: two identical runs differ, so nothing was compared. Switch off dropout and seed what is random.';
  return {
    ...heading(subject, reference, found),
    outcome: found.stop === 'not-shared' ? 'mismatch' : 'inconclusive',
    forward: of('forward'),
    backward: of('backward'),
    tensors: rows.map(({ row }) => row),
    unseen: [],
    notes: [why, ...found.notes],
    rerun: plan.rerun,
    timing: timing({ reference: 0, oracle: 0, compare: 0 }, plan, started),
  };
}

function heading(subject: Subject, reference: Reference, { taken }: Aligned) {
  const { name, kind, version, backward } = reference;
  const producer = subject.producer ?? taken.trace.metadata.producer;
  return {
    format: 'layerdiff-report',
    version: 1,
    subject: { name: subject.name, kind: subject.kind, producer },
    reference: { name, kind, version, backward },
  } as const;
}

const timing = (seconds: Compared['seconds'], plan: CheckPlan, started: number): Report['timing'] => ({
  seconds: { ...seconds, total: plan.host.now() - started },
  peakBytes: plan.host.peakBytes(),
});

interface ExplainedRow {
  readonly row: TensorReport;
  readonly cause: Cause | null;
}

function notSharedRows({ shared }: Aligned): readonly ExplainedRow[] {
  return shared.differs.map((found) => {
    const { pair, kind, detail } = found;
    const row: TensorReport = {
      ...bareRow(pair.tensor, pair.subjectName, 'forward', pair.tensor, kind === 'parameter' ? 'Parameter' : 'Input'),
      verdict: 'mismatch',
      band: 'wrong',
      allowed: { rms: 0, because: `both sides must hold the same ${kind}` },
      shape: pair.value?.shape ?? [],
      dtype: pair.value?.dtype ?? 'float32',
      why: pair.why,
      reason: detail,
    };
    return { row, cause: kind === 'parameter' ? parameterCause(found) : null };
  });
}

/** That a parameter differs was seen; so was, where it is so, that it holds the same numbers in another layout. Of inputs it is not known why. */
function parameterCause({ pair, detail, axes }: NotShared): Cause {
  const told = { explains: 1, evidence: [detail] };
  if (axes === null) {
    const claim = `the two sides do not hold the same parameter ${pair.tensor}: ${detail}`;
    const fix = 'Load the same weights on both sides before the first iteration.';
    return { id: 'parameter.differs', claim, fix, ...told };
  }
  const claim = `${pair.tensor} holds the reference's numbers with its axes in another order: the reference's are its axes ${axes.join(', ')}`;
  const fix =
    'Transpose it where it is loaded, or, where the subject is right with it so, record it in the layout of the reference.';
  return { id: 'parameter.layout', claim, fix, ...told };
}

function unstableRows({ taken, alignment }: Aligned, reference: Reference): readonly ExplainedRow[] {
  const theirs = new Map([...alignment.pairs.values()].map((pair) => [pair.subjectName, pair.tensor]));
  const wiring = wire(reference.graph);
  return taken.unstable.map(({ tensor, direction, detail }) => {
    const name = theirs.get(tensor) ?? tensor;
    const node = wiring.producer.get(name);
    return {
      row: { ...bareRow(name, tensor, direction, node?.name ?? name, node?.op ?? ''), reason: detail },
      cause: {
        id: 'nondeterministic',
        claim: `${tensor}: ${detail}`,
        fix: 'Switch off dropout, seed every random number, and clear buffers between runs.',
        explains: 1,
        evidence: [detail],
      },
    };
  });
}

function bareRow(tensor: string, subjectName: string, direction: Direction, layer: string, op: string): TensorReport {
  const empty = {
    band: null,
    local: null,
    chained: null,
    allowed: null,
    shape: [],
    dtype: 'float32',
    why: '',
    excluded: 0,
  } as const;
  return { tensor, subjectName, direction, layer, op, verdict: 'incomparable', ...empty };
}

/** Rows as a reader expects them: forward in execution order, then backward from the last layer. */
function inOrder({ rows, plan }: Compared): readonly TensorReport[] {
  const { position, producer, consumers } = plan.wiring;
  const place = (row: TensorReport): number => {
    const node = producer.get(row.tensor);
    if (row.direction === 'forward') return node === undefined ? -1 : (position.get(node) ?? -1);
    const reader = consumers.get(row.tensor)?.[0];
    return 1e9 - (reader === undefined ? 1e8 : (position.get(reader) ?? 0));
  };
  return rows
    .map((row, index) => ({ row, index, place: place(row) }))
    .sort((a, b) => a.place - b.place || a.index - b.index)
    .map(({ row }) => row);
}

/** What the optimiser did comes last of all. */
function withUpdates({ forward, backward }: BothFindings, updates: Updates): BothFindings {
  const faulty = [...backward.faulty, ...updates.faulty];
  return { forward, backward: { firstDivergence: faulty[0] ?? null, faulty } };
}

/** An update that was recorded and not judged. */
const isOpenUpdate = ({ direction, verdict }: TensorReport | UpdateReport): boolean =>
  direction === 'update' && verdict === 'unseen';

/** A pass is proven: at least one computed tensor must match, and nothing that was recorded may be left incomparable. */
function outcomeOf(
  rows: readonly TensorReport[],
  { forward, backward }: BothFindings,
  found: Aligned,
  updates: Updates,
): Outcome {
  const { taken } = found;
  const mutated = taken.observations.some((o) => o.kind === 'input-mutated');
  const wrong = [...forward.faulty, ...backward.faulty].some((site) => site.cause?.id !== 'input.mutated');
  if (wrong) return 'mismatch';
  const proven = rows.some((row) => row.verdict === 'match' && row.op !== 'Constant');
  const open = [...rows, ...updates.rows].some((row) => row.verdict === 'incomparable' || isOpenUpdate(row));
  return proven && !open && !mutated && !isTooLittle(found) ? 'match' : 'inconclusive';
}

/** Tensors that one side has and the other lacks; constants of the model are left out. */
function unseenOf({ alignment }: Aligned, { plan }: Compared, rows: readonly TensorReport[]): readonly Unseen[] {
  const { producer, graph } = plan.wiring;
  const seen = new Set(rows.map((row) => keyOf(row.tensor, row.direction)));
  const computed = [...producer]
    .filter(([name, node]) => node.op !== 'Constant' && !isInterior(plan.wiring, name))
    .map(([name]) => name);
  const theirs = computed.filter((name) => !seen.has(keyOf(name, 'forward')));
  const missing = [...theirs, ...[...graph.initializers.keys()].filter((name) => !alignment.pairs.has(name))];
  return [
    ...missing.map((tensor): Unseen => ({ tensor, missing: 'subject' })),
    ...alignment.unpaired.map((tensor): Unseen => ({ tensor, missing: 'reference' })),
  ];
}
