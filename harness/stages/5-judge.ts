import { layerOfGradient, layerOfValue, type Wiring } from '../graph.ts';
import { difference } from '../metrics/difference.ts';
import { asked } from '../metrics/fused/block.ts';
import { errorMap } from '../metrics/error-map.ts';
import { jsonNumber } from '../metrics/json-number.ts';
import { ulpP99 } from '../metrics/ulp.ts';
import { worstElements } from '../metrics/worst.ts';
import { roundToBfloat16, roundToFloat16 } from '../numerics/float16.ts';
import { seedOf, uniform } from '../numerics/random.ts';
import { floatsOf, isFloat, toNumbers } from '../tensor.ts';
import { countDifferent } from '../metrics/exact.ts';
import { isQuantised, judgeQuantised } from '../tolerances/quantised.ts';
import type { AnswersAt, OracleAnswer } from '../types/oracle.ts';
import type { Difference } from '../types/difference.ts';
import type { Pair } from '../types/pair.ts';
import type { Measures, TensorReport } from '../types/report.ts';
import type { DataType, Floats, Shape, Tensor } from '../types/tensor.ts';
import type { Evidence, Judgement, Tolerance } from '../types/tolerance.ts';
import type { Answer, Direction } from '../types/trace.ts';

/** What judging needs besides the answer. */
export interface JudgeContext {
  readonly wiring: Wiring;
  /** The oracle's answer, or the reason why it has none. Asked only where the framework's does not settle the matter. */
  readonly oracle: (tensor: string, direction: Direction) => OracleAnswer | string;
  /** The oracle's answer at some elements of a tensor, or null where only the whole is to be had. */
  readonly oracleAt?: (tensor: string, direction: Direction, elements: Int32Array) => AnswersAt | null;
  /** A quantised value in steps before it was rounded, or null where it is none. */
  readonly beforeRounding?: (tensor: string) => AnswersAt | null;
  readonly chained: ReadonlyMap<string, Measures>;
  readonly tolerance: (tensor: string) => Tolerance;
  /** Why a tensor may lack precision, where the user allows it. */
  readonly allowance: (tensor: string) => string | null;
}

/** A judged tensor, and what the report must say about its reference. */
export interface Judged {
  readonly row: TensorReport;
  readonly suspect: string | null;
}

/** The key of a tensor in one direction. */
export const keyOf = (tensor: string, direction: Direction): string => `${direction} ${tensor}`;

/** Stage 5: measures against what is allowed: the only place that applies a tolerance. Passing is proving `measured <= allowed`. */
export function judge(answer: Answer, pair: Pair, context: JudgeContext): Judged {
  const { name, direction, tensor: reference } = answer;
  const source = direction === 'forward' ? pair.value : pair.gradient;
  if (source === null) throw new Error(`judged without a recorded tensor: ${name}`);
  const subject = source.read();
  const row = baseRow(pair, direction, subject, context);
  if (!isFloat(reference.dtype))
    return { row: { ...row, ...judgeWhole(row, subject, reference, context) }, suspect: null };
  const mine = floatsOf(subject);
  const theirs = floatsOf(reference);
  if (mine.length === 0) return vacuous(row, 'it has no elements');
  if (isZero(mine) && isZero(theirs)) return vacuous(row, 'both sides are zero everywhere: nothing was tested');
  return judgeFloats(row, mine, theirs, subject, context);
}

function judgeFloats(
  row: TensorReport,
  mine: Floats,
  theirs: Floats,
  { dtype, shape }: Tensor,
  context: JudgeContext,
): Judged {
  const apart = difference(mine, theirs, null, asked(dtype));
  const bare: Evidence = { subject: mine, reference: theirs, oracle: null, slack: null, shape, dtype, scale: 0, apart };
  const tolerance = context.tolerance(row.tensor);
  const { tensor, direction } = row;
  const at = (elements: Int32Array) => context.oracleAt?.(tensor, direction, elements) ?? null;
  const settled = tolerance.settle?.(bare) ?? tolerance.settleAt?.(bare, at, uniform(seedOf(tensor, 1))) ?? null;
  const oracle = settled === null && tolerance.needsOracle ? context.oracle(row.tensor, row.direction) : null;
  const evidence = withOracle(bare, oracle);
  const { subject, reference, slack } = evidence;
  if (apart.nonFiniteAlike === apart.elements)
    return vacuous(row, 'both sides are non-finite alike everywhere: nothing was compared');
  const judgement = allowed(settled ?? tolerance.judge(evidence), tolerance, evidence, context.allowance(row.tensor));
  const truth = evidence.oracle?.r64 ?? reference;
  const error = evidence.oracle === null ? apart : difference(subject, truth, slack, asked(dtype));
  const excluded = slack === null ? 0 : countAbove(slack, judgement.allowed);
  return {
    row: {
      ...row,
      verdict: judgement.passes ? 'match' : 'mismatch',
      band: judgement.band,
      local: measure(evidence, error, judgement),
      allowed: { rms: jsonNumber(judgement.allowed), because: judgement.because },
      excluded,
      ...mapOf(subject, truth, shape, judgement),
      ...(typeof oracle === 'string' ? { reason: `no oracle: ${oracle}` } : {}),
      ...(judgement.suspect === null ? {} : { suspect: judgement.suspect }),
    },
    suspect: judgement.suspect,
  };
}

/** Lack of precision that the user allows by name is a match, and says so: the band `precision`, or numbers of a narrower type judged at that type's own unit. */
function allowed(judgement: Judgement, tolerance: Tolerance, evidence: Evidence, reason: string | null): Judgement {
  if (judgement.passes || reason === null) return judgement;
  const granted = (by: string): Judgement => ({
    ...judgement,
    passes: true,
    band: 'precision',
    because: `${judgement.because}; exceeded${by}, and allowed because: ${reason}`,
  });
  if (judgement.band === 'precision') return granted('');
  // What fits bfloat16 fits float16 too, as a rule: each is tried, the finer first.
  const narrow = NARROW.find(
    ({ dtype, round }) =>
      evidence.subject.every((x: number) => Object.is(round(x), x)) && tolerance.judge({ ...evidence, dtype }).passes,
  );
  return narrow === undefined ? judgement : granted(` by rounding to ${narrow.dtype}`);
}

const NARROW = [
  { dtype: 'float16', round: roundToFloat16 },
  { dtype: 'bfloat16', round: roundToBfloat16 },
] as const;

function withOracle(bare: Evidence, answer: OracleAnswer | string | null): Evidence {
  if (answer === null || typeof answer === 'string') return bare;
  const { r64, n32, slack, scale, resample, rough } = answer;
  return { ...bare, oracle: { r64: r64.data, n32: n32.data, resample, rough }, slack, scale };
}

function baseRow(pair: Pair, direction: Direction, subject: Tensor, { wiring, chained }: JudgeContext): TensorReport {
  const where = direction === 'forward' ? layerOfValue(wiring, pair.tensor) : layerOfGradient(wiring, pair.tensor);
  return {
    tensor: pair.tensor,
    subjectName: pair.subjectName,
    direction,
    ...where,
    verdict: 'incomparable',
    band: null,
    local: null,
    chained: chained.get(keyOf(pair.tensor, direction)) ?? null,
    allowed: null,
    shape: subject.shape,
    dtype: subject.dtype,
    why: pair.why,
    excluded: 0,
  };
}

const vacuous = (row: TensorReport, reason: string): Judged => ({
  row: { ...row, verdict: 'vacuous', band: null, reason },
  suspect: null,
});

/** Integers must be equal, but for those that a scale stands behind: a tie may be rounded either way. */
function judgeWhole(
  row: TensorReport,
  subject: Tensor,
  reference: Tensor,
  context: JudgeContext,
): Partial<TensorReport> {
  const exact = judgeExactly(subject, reference);
  const open = exact.verdict === 'mismatch' && row.direction === 'forward' && isQuantised(subject, reference);
  const steps = open && context.tolerance(row.tensor).needsOracle ? context.beforeRounding?.(row.tensor) : null;
  if (!steps || !exact.local) return exact;
  const judged = judgeQuantised(toNumbers(subject), exact.local.mismatched, steps, subject.dtype);
  const { wrong, allowed, because } = judged;
  const right = wrong <= 0 && ({ verdict: 'match', band: 'rounding' } as const);
  const local = { ...exact.local, mismatched: wrong, ...(right && { worst: [] }) };
  return { ...exact, ...right, allowed: { rms: jsonNumber(allowed), because }, local };
}

/** Integers, booleans and strings are compared exactly, as numbers where their types differ. */
function judgeExactly(subject: Tensor, reference: Tensor): Partial<TensorReport> {
  if (reference.data.length === 0) return { verdict: 'vacuous', reason: 'it has no elements' };
  const text = reference.dtype === 'string' || subject.dtype === 'string';
  const [a, b] = text || subject.dtype === reference.dtype ? [subject, reference] : [plain(subject), plain(reference)];
  const different = countDifferent(a, b);
  const because = `${reference.dtype} must be equal, element by element`;
  return {
    verdict: different === 0 ? 'match' : 'mismatch',
    band: different === 0 ? 'same' : 'wrong',
    allowed: { rms: 0, because },
    ...(text ? {} : { local: exactMeasures(toNumbers(subject), toNumbers(reference), subject.shape, different) }),
  };
}

const plain = (tensor: Tensor): Tensor => ({ dtype: 'float64', shape: tensor.shape, data: toNumbers(tensor) });

function exactMeasures(mine: Float64Array, theirs: Float64Array, shape: Shape, different: number): Measures {
  return {
    ...measuresOf(mine, theirs, null, 'float64', null),
    ulpP99: 0,
    mismatched: different,
    worst: worstElements(mine, theirs, null, shape),
  };
}

function measure(evidence: Evidence, error: Difference, judgement: Judgement): Measures {
  const { subject, reference, oracle, slack, shape } = evidence;
  const r64 = oracle?.r64 ?? null;
  const measures = shown(error, countBeyond(subject, r64 ?? reference, slack, error, 4 * judgement.allowed));
  return judgement.passes ? measures : { ...measures, worst: worstElements(subject, reference, r64, shape) };
}

/** The measures that are shown; only the judgement decides. `bound`: an element beyond it counts as mismatched (null: none is counted). */
export function measuresOf(
  subject: Floats,
  truth: Floats,
  slack: Float64Array | null,
  dtype: DataType,
  bound: number | null,
): Measures {
  const d = difference(subject, truth, slack, asked(dtype));
  return shown(d, bound === null ? 0 : countBeyond(subject, truth, slack, d, bound));
}

/** What was measured, as a report shows it. */
export function shown(d: Difference, mismatched: number): Measures {
  const relative = d.rms === 0 ? 0 : d.rms / d.referenceRms;
  return {
    rms: jsonNumber(d.nonFinite > 0 ? Number.POSITIVE_INFINITY : d.rms),
    maxAbs: jsonNumber(d.nonFinite > 0 ? Number.POSITIVE_INFINITY : d.maxAbs),
    relL2: jsonNumber(d.nonFinite > 0 ? Number.POSITIVE_INFINITY : relative),
    cosine: d.cosine === null ? null : jsonNumber(d.cosine),
    ulpP99: jsonNumber(ulpP99(d)),
    mismatched,
    elements: d.elements,
    nonFinite: d.nonFinite,
    worst: [],
  };
}

/** Elements beyond a bound, those non-finite on one side among them. They are looked for only where the largest error is beyond it. */
function countBeyond(a: Floats, b: Floats, slack: Float64Array | null, d: Difference, bound: number): number {
  const beyond = d.maxAbs <= bound ? 0 : difference(a, b, slack, asked('float64', bound)).exceeding;
  return d.nonFinite + beyond;
}

function mapOf(subject: Floats, truth: Floats, shape: Shape, judgement: Judgement): Partial<TensorReport> {
  if (judgement.passes) return {};
  const map = errorMap(subject, truth, shape, judgement.allowed);
  return map === null ? {} : { map };
}

function countAbove(slack: Float64Array, allowed: number): number {
  let count = 0;
  for (const s of slack) if (s > allowed) count++;
  return count;
}

const isZero = (x: Floats): boolean => x.every((v: number) => v === 0);
