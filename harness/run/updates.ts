import type { CheckPlan } from '../check.ts';
import { inferOptimizer } from '../diagnosis/optimizer-infer.ts';
import type { RecordedStep } from '../diagnosis/optimizer-input.ts';
import { type JudgedUpdate, judgeUpdates, UPDATE_FACTOR } from '../diagnosis/optimizer.ts';
import { OPTIMIZER_OPTION, optimizerText, parseOptimizer } from '../optimizer.ts';
import { measuresOf } from '../stages/5-judge.ts';
import { isFloat, toNumbers } from '../tensor.ts';
import type { Subject } from '../types/adapter.ts';
import type { Graph } from '../types/graph.ts';
import type { DeclaredOptimizer } from '../types/optimizer.ts';
import type { Site, UpdateReport } from '../types/report.ts';
import type { TensorSource } from '../types/tensor.ts';
import type { Aligned } from './aligned.ts';

/** What the optimiser did, judged. */
export interface Updates {
  readonly rows: readonly UpdateReport[];
  readonly faulty: readonly Site[];
  readonly notes: readonly string[];
}

const NOTHING: Updates = { rows: [], faulty: [], notes: [] };
const UNRECORDED: Updates = {
  ...NOTHING,
  notes: ['An optimiser was declared, but the subject recorded no update (update/NAME): what it did was not judged.'],
};

const DECLARE =
  'Say which it was: metadata "optimizer" of the trace, --optimizer, or optimizer in the configuration, e.g. adam,learningRate=0.001.';

/** The optimiser's step: every recorded update against what the declared optimiser makes of the subject's own gradient and state; where none is declared, against what the numbers themselves say. */
export function judgeSteps(found: Aligned, subject: Subject, graph: Graph, plan: CheckPlan): Updates {
  const { trace } = found.taken;
  if (trace.updates.size === 0) return plan.optimizer === null ? NOTHING : UNRECORDED;
  plan.host.progress?.('judging the updates', 0, trace.updates.size);
  const declared = declaredBy(found, subject, plan);
  const run = recordedStep(found, graph, declared);
  const inferred = declared === null ? inferOptimizer(run) : null;
  const theirs = new Map([...found.alignment.pairs.values()].map((pair) => [pair.subjectName, pair.tensor]));
  const used = declared ?? inferred?.declared ?? null;
  if (used === null) return unknownOptimizer(run, theirs);
  const judged = judgeUpdates(run, used);
  const rows = judged.map((each) => rowOf(each, run, theirs, inferred !== null));
  const faulty = judged.flatMap(({ site }) =>
    site === null ? [] : [{ ...site, tensor: theirs.get(site.tensor) ?? site.tensor }],
  );
  const notes: string[] = [];
  if (inferred !== null) {
    const also =
      inferred.also.length > 0 ? ` (${inferred.also.slice(0, 3).join('; or ')} would have made the same)` : '';
    notes.push(
      `No optimiser was declared. ${optimizerText(used.settings)} makes ${inferred.fitting} of ${judged.length} recorded updates${also}: inferred from the numbers, so that a wrong constant cannot show. ${DECLARE}`,
    );
  }
  const after = judged.filter(({ states }) => states === 'after').length;
  if (after > 0)
    notes.push(
      `The recorded state of ${after} updates is that of after the step: how the state itself came about was not judged.`,
    );
  const open = judged.filter(({ verdict }) => verdict === 'unseen');
  if (open.length > 0) notes.push(`${open.length} updates could not be judged (${open[0]?.name}: ${open[0]?.reason}).`);
  return { rows, faulty, notes };
}

/** Options win over what the subject says of itself. */
function declaredBy({ taken }: Aligned, subject: Subject, plan: CheckPlan): DeclaredOptimizer | null {
  if (plan.optimizer !== null) return parseOptimizer(plan.optimizer, OPTIMIZER_OPTION);
  const own = subject.optimizer ?? taken.trace.metadata.optimizer ?? null;
  return own === null ? null : parseOptimizer(own, `optimizer of ${subject.name}`);
}

function recordedStep(found: Aligned, graph: Graph, declared: DeclaredOptimizer | null): RecordedStep {
  const { values, gradients, updates, states, metadata } = found.taken.trace;
  const { pairs } = found.alignment;
  const parameters = new Map<string, TensorSource>();
  const own = new Map([...pairs.values()].map((pair) => [pair.subjectName, pair.tensor]));
  for (const name of updates.keys()) {
    const source = values.get(name) ?? graph.initializers.get(own.get(name) ?? name);
    if (source !== undefined && isFloat(source.dtype)) parameters.set(name, source);
  }
  return { parameters, gradients, updates, states, step: declared?.step ?? metadata.iteration + 1 };
}

function unknownOptimizer(run: RecordedStep, theirs: ReadonlyMap<string, string>): Updates {
  const reason = `which optimiser it was is not declared, and no usual one makes these updates`;
  const rows = [...run.updates].map(
    ([name, { shape }]): UpdateReport => ({
      ...bareRow(name, theirs, shape),
      verdict: 'unseen',
      local: null,
      allowed: null,
      optimizer: null,
      inferred: false,
      reason,
    }),
  );
  return { rows, faulty: [], notes: [`${rows.length} recorded updates were not judged: ${reason}. ${DECLARE}`] };
}

const bareRow = (name: string, theirs: ReadonlyMap<string, string>, shape: readonly number[]) => ({
  tensor: theirs.get(name) ?? name,
  subjectName: name,
  direction: 'update' as const,
  layer: theirs.get(name) ?? name,
  chained: null,
  shape,
  why: theirs.has(name) ? 'the update of a paired parameter' : 'the update has a name of its own',
});

function rowOf(
  judged: JudgedUpdate,
  run: RecordedStep,
  theirs: ReadonlyMap<string, string>,
  inferred: boolean,
): UpdateReport {
  const { name, verdict, settings, allowed, reason, truth } = judged;
  const source = run.updates.get(name) as TensorSource;
  const dtype = isFloat(source.dtype) ? source.dtype : 'float64';
  const because = `${UPDATE_FACTOR} × the rounding of a step in float32, element by element: the parameter's own (2⁻²⁴), and 32 of its terms`;
  return {
    ...bareRow(name, theirs, source.shape),
    verdict,
    local:
      truth === null
        ? null
        : measuresOf(toNumbers(source.read()), truth, null, dtype, allowed === null ? null : 4 * allowed),
    allowed: allowed === null ? null : { rms: allowed, because },
    optimizer: optimizerText(settings),
    inferred,
    ...(reason === null ? {} : { reason }),
  };
}
