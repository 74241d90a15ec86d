import type { CheckPlan } from '../check.ts';
import { isLayerdiffError } from '../errors.ts';
import { createOracle } from '../oracle/index.ts';
import { planReplay, type ReplayPlan } from '../stages/4-replay.ts';
import { judge, keyOf, measuresOf, type JudgeContext } from '../stages/5-judge.ts';
import { floatsOf, isFloat } from '../tensor.ts';
import { exact } from '../tolerances/exact.ts';
import { allowanceFor, toleranceFor } from '../tolerances/index.ts';
import type { Reference, ReplayRequest } from '../types/adapter.ts';
import type { Pair } from '../types/pair.ts';
import type { Measures, TensorReport } from '../types/report.ts';
import type { Answer } from '../types/trace.ts';
import type { Aligned } from './aligned.ts';
import { askedOnce, type Ask } from './ask.ts';
import { mayDraw, unsteadyAnswers, unsteadyNotes, unsteadyRow } from './steady.ts';
import { notCompared } from './not-compared.ts';

/** Every tensor judged, and what it took. */
export interface Compared {
  readonly plan: ReplayPlan;
  readonly rows: readonly TensorReport[];
  readonly notes: readonly string[];
  /** The oracle's answer, or why it has none; asked again it costs nothing. */
  readonly answer: Ask;
  readonly seconds: { reference: number; oracle: number; compare: number };
}

/** Stages 4 and 5: replays the reference, chained and on the subject's own values, and judges each answer as it arrives. */
export async function compareAll(
  found: Aligned,
  reference: Reference,
  { host, tolerances, allowPrecision, twice }: CheckPlan,
): Promise<Compared> {
  const { alignment, types, shared, loss, seeds } = found;
  const request = {
    graph: reference.graph,
    types,
    pairs: alignment.pairs,
    inputs: shared.inputs,
    recorded: shared.recorded,
    moved: shared.moved,
    loss,
    seeds,
  };
  const plan = planReplay(request);
  const seconds = { reference: 0, oracle: 0, compare: 0 };
  const oracle = createOracle(reference.graph, plan.exact);
  const answer = askedOnce(oracle, plan, seconds, host.now);
  const total = plan.chained.wantValues.length + plan.chained.wantGradients.length;
  const notes = [...plan.notes];
  const chained = new Map<string, Measures>();
  const refusals = new Map<string, string>();
  const run = { reference, notes, seconds, host, refusals };
  await each(run, plan.chained, (a) => {
    chained.set(keyOf(a.name, a.direction), chainedMeasures(a, pairOf(alignment.pairs, a.name)));
    host.progress?.('running the reference', chained.size, total);
  });
  const context: JudgeContext = {
    wiring: plan.wiring,
    oracle: answer,
    oracleAt: answer.at,
    beforeRounding: answer.beforeRounding,
    chained,
    tolerance: toleranceFor(tolerances),
    allowance: allowanceFor(allowPrecision),
  };
  const rows: TensorReport[] = [];
  refusals.clear(); // on its own values more may stand in the way than between recorded tensors
  const draws = twice && mayDraw(reference.graph);
  const unsteady = draws ? await unsteadyAnswers(reference, plan.local) : new Set<string>();
  const take = (a: Answer): void => {
    if (unsteady.has(keyOf(a.name, a.direction))) {
      const { row } = judge(a, pairOf(alignment.pairs, a.name), { ...context, tolerance: () => exact });
      rows.push(unsteadyRow(row));
      return;
    }
    const judged = judge(a, pairOf(alignment.pairs, a.name), context);
    rows.push(judged.row);
    // What is wrong is asked for again, by whoever looks for the cause.
    if (judged.row.verdict !== 'mismatch') answer.forget(a.name, a.direction);
    if (judged.suspect !== null)
      notes.push(`The reference is suspect at ${a.name} (${a.direction}): ${judged.suspect}.`);
    host.progress?.('comparing', rows.length, total);
  };
  await locally(run, plan, take, () => (rows.length = 0));
  notes.push(
    ...refusalNotes(refusals),
    ...unsteadyNotes(rows.filter((row) => unsteady.has(keyOf(row.tensor, row.direction)))),
  );
  rows.push(...notCompared(plan, rows, alignment.pairs, types, refusals));
  return { plan, rows, notes, answer, seconds };
}

/** The local replay. Integers may be such that the reference cannot run on them (an index beyond its table): then it runs on its own, and they are judged. */
async function locally(
  run: Run,
  { local }: ReplayPlan,
  take: (answer: Answer) => void,
  again: () => void,
): Promise<void> {
  try {
    await each(run, local, take);
  } catch (error) {
    const whole = [...local.values].filter(([, source]) => !isFloat(source.dtype)).map(([name]) => name);
    if (!isLayerdiffError(error) || error.code !== 'E_REFERENCE' || whole.length === 0) throw error;
    again();
    const few = whole.slice(0, 3).join(', ');
    run.notes.push(
      `The reference cannot run on the integers that were recorded (${few}): it ran on its own. ${error.message}`,
    );
    await each(run, { ...local, values: new Map([...local.values].filter(([name]) => !whole.includes(name))) }, take);
  }
}

const pairOf = (pairs: ReadonlyMap<string, Pair>, name: string): Pair => pairs.get(name) as Pair;

/** One reference's replays. `refusals`: gradients that the last of them could not have, and why. */
interface Run {
  readonly reference: Reference;
  readonly notes: string[];
  readonly seconds: Compared['seconds'];
  readonly host: CheckPlan['host'];
  readonly refusals: Map<string, string>;
}

/** Runs a replay; where the reference has no gradient at all for this model, forward alone, and says so. */
async function each(
  { reference, notes, seconds, host, refusals }: Run,
  request: ReplayRequest,
  take: (answer: Answer) => void,
): Promise<void> {
  const run = async (what: ReplayRequest): Promise<void> => {
    let before = host.now();
    for await (const answer of reference.replay(what)) {
      const arrived = host.now();
      seconds.reference += arrived - before;
      const asked = seconds.oracle;
      take(answer);
      before = host.now();
      seconds.compare += before - arrived - (seconds.oracle - asked);
    }
  };
  const refused = (name: string, reason: string): void => void refusals.set(name, reason);
  try {
    await run({ ...request, refused });
  } catch (error) {
    const backward = isLayerdiffError(error) && (error.code === 'E_NO_GRADIENT' || error.code === 'E_UNSUPPORTED');
    if (!backward || request.wantGradients.length === 0) throw error;
    const note = `The backward pass was not compared. ${error.message}`;
    if (!notes.includes(note)) notes.push(note);
    await run({ ...request, wantGradients: [], gradients: new Map() });
  }
}

/** One note a reason. */
function refusalNotes(refusals: ReadonlyMap<string, string>): string[] {
  const byReason = new Map<string, string[]>();
  for (const [name, reason] of refusals) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  return [...byReason].map(([reason, names]) => {
    const listed = names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
    return `The reference has no gradient of ${listed}. ${reason}`;
  });
}

function chainedMeasures({ direction, tensor }: Answer, pair: Pair): Measures {
  const source = direction === 'forward' ? pair.value : pair.gradient;
  const subject = (source as NonNullable<typeof source>).read();
  const dtype = isFloat(subject.dtype) ? subject.dtype : 'float64';
  return measuresOf(floatsOf(subject), floatsOf(tensor), null, dtype, null);
}
