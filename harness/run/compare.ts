import type { CheckPlan } from '../check.ts';
import { isLayerdiffError } from '../errors.ts';
import { createOracle, random32 } from '../oracle/index.ts';
import { operatorOf } from '../oracle/registry.ts';
import { planReplay, type ReplayPlan } from '../stages/4-replay.ts';
import { judge, keyOf, measuresOf, type JudgeContext } from '../stages/5-judge.ts';
import { isFloat, toNumbers } from '../tensor.ts';
import { allowanceFor, toleranceFor } from '../tolerances/index.ts';
import type { Reference, ReplayRequest, TensorType } from '../types/adapter.ts';
import type { Oracle, OracleAnswer } from '../types/oracle.ts';
import type { Pair } from '../types/pair.ts';
import type { Measures, TensorReport } from '../types/report.ts';
import type { Answer, Direction } from '../types/trace.ts';
import type { Aligned } from './aligned.ts';
import { nudged } from './nudge.ts';

/** Every tensor judged, and what it took. */
export interface Compared {
  readonly plan: ReplayPlan;
  readonly rows: readonly TensorReport[];
  readonly notes: readonly string[];
  readonly oracle: Oracle;
  /** The oracle's answer, or why it has none; asked again it costs nothing. */
  readonly answer: (tensor: string, direction: Direction) => OracleAnswer | string;
  readonly seconds: { reference: number; oracle: number; compare: number };
}

/** Stages 4 and 5: replays the reference, chained and on the subject's own values, and judges each answer as it arrives. */
export async function compareAll(
  found: Aligned,
  reference: Reference,
  { host, tolerances, allowPrecision }: CheckPlan,
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
    chained,
    tolerance: toleranceFor(tolerances),
    allowance: allowanceFor(allowPrecision),
  };
  const rows: TensorReport[] = [];
  refusals.clear(); // on its own values more may stand in the way than between recorded tensors
  await each(run, plan.local, (a) => {
    const judged = judge(a, pairOf(alignment.pairs, a.name), context);
    rows.push(judged.row);
    if (judged.suspect !== null)
      notes.push(`The reference is suspect at ${a.name} (${a.direction}): ${judged.suspect}.`);
    host.progress?.('comparing', rows.length, total);
  });
  notes.push(...refusalNotes(refusals));
  rows.push(...notCompared(plan, rows, alignment.pairs, types, refusals));
  return { plan, rows, notes, oracle, answer, seconds };
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

/** The oracle's answer to one question, computed once; its time is kept apart. */
function askedOnce(
  oracle: Oracle,
  plan: ReplayPlan,
  seconds: Compared['seconds'],
  now: () => number,
): Compared['answer'] {
  const known = new Map<string, OracleAnswer | string>();
  return (tensor, direction) => {
    const key = keyOf(tensor, direction);
    const before = now();
    const answer = known.get(key) ?? ask(oracle, plan, tensor, direction);
    seconds.oracle += now() - before;
    known.set(key, answer);
    return answer;
  };
}

/** So many randomly rounded replays stand for all the orders in which honest code may sum. */
const RESAMPLES = 4;

function ask(oracle: Oracle, plan: ReplayPlan, tensor: string, direction: Direction): OracleAnswer | string {
  const { wiring, exact, coarse } = plan;
  const reason = oracle.supports(tensor, direction);
  if (reason !== null) return reason;
  const rough = coarse.values.size > 0 || coarse.gradients.size > 0;
  const resample = (): Float64Array[] =>
    Array.from({ length: RESAMPLES }, (_, seed) => {
      const request = rough ? nudged(exact, coarse, wiring.graph, seed) : exact;
      const again = createOracle(wiring.graph, request, random32(seed));
      return (direction === 'forward' ? again.value(tensor) : again.gradient(tensor)).n32.data;
    });
  if (direction === 'backward') return { ...oracle.gradient(tensor), scale: 0, resample, rough };
  const node = wiring.producer.get(tensor);
  const scale = node === undefined ? 0 : (operatorOf(node)?.scale ?? 0);
  return { ...oracle.value(tensor), slack: null, scale, resample, rough };
}

function chainedMeasures({ direction, tensor }: Answer, pair: Pair): Measures {
  const source = direction === 'forward' ? pair.value : pair.gradient;
  const subject = (source as NonNullable<typeof source>).read();
  const dtype = isFloat(subject.dtype) ? subject.dtype : 'float64';
  return measuresOf(toNumbers(subject), toNumbers(tensor), null, dtype, null);
}

/** A row for every pair that no answer came for: shapes that do not fit, or a backward pass that could not be run. */
function notCompared(
  plan: ReplayPlan,
  rows: readonly TensorReport[],
  pairs: ReadonlyMap<string, Pair>,
  types: ReadonlyMap<string, TensorType>,
  refusals: ReadonlyMap<string, string>,
): readonly TensorReport[] {
  const seen = new Set(rows.map((row) => keyOf(row.tensor, row.direction)));
  const open: TensorReport[] = [];
  for (const pair of pairs.values()) {
    const reason = plan.incomparable.get(pair.tensor);
    const unanswered = refusals.get(pair.tensor) ?? 'the reference has no gradient for it';
    const asked = plan.local.wantGradients.includes(pair.tensor) ? unanswered : null;
    for (const direction of ['forward', 'backward'] as const) {
      const source = direction === 'forward' ? pair.value : pair.gradient;
      const why = reason ?? (direction === 'backward' ? asked : null);
      if (source === null || why === null || seen.has(keyOf(pair.tensor, direction))) continue;
      open.push(incomparableRow(pair, direction, why, plan, types));
    }
  }
  return open;
}

function incomparableRow(
  pair: Pair,
  direction: Direction,
  reason: string,
  { wiring }: ReplayPlan,
  types: ReadonlyMap<string, TensorType>,
): TensorReport {
  const node = wiring.producer.get(pair.tensor);
  const type = types.get(pair.tensor) as TensorType;
  return {
    tensor: pair.tensor,
    subjectName: pair.subjectName,
    direction,
    layer: node?.name ?? pair.tensor,
    op: node?.op ?? 'Input',
    verdict: 'incomparable',
    band: null,
    local: null,
    chained: null,
    allowed: null,
    shape: type.shape,
    dtype: type.dtype,
    why: pair.why,
    excluded: 0,
    reason,
  };
}
