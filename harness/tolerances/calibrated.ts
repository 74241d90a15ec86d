import { difference, noiseBetween } from '../metrics/difference.ts';
import { sliceRms } from '../metrics/slices.ts';
import { unitRoundoff } from '../tensor.ts';
import type { Band } from '../types/report.ts';
import type { DataType, Floats } from '../types/tensor.ts';
import type { Evidence, Judgement, OracleEvidence } from '../types/tolerance.ts';

/** How many noise floors a whole tensor may be off. Correct implementations were measured at up to 1.6. */
export const TENSOR_FACTOR = 4;
/** How many noise floors one channel, row or example may be off. */
export const SLICE_FACTOR = 16;
/** Up to so many floors it may be an honest choice of lesser precision; beyond, it is something else that was computed. */
export const PRECISION_FACTOR = 500;
/** Framework and oracle disagree, if by more than so many floors of the oracle's own float32 replay. */
export const SUSPECT_FACTOR = 500;
/** Numbers smaller than this are stored with fewer digits, or as zero, by honest code too. */
const SMALLEST: Partial<Record<DataType, number>> = {
  float64: 2 ** -1022,
  float32: 2 ** -126,
  bfloat16: 2 ** -126,
  float16: 2 ** -24,
};
/** Without an oracle: so many units of rounding of the tensor's own size. */
export const BLIND_FACTOR = 64;

/**
 * The calibrated verdict:
 *
 *     rms(C − R64) ≤ 4 · max(rms(R32 − R64), rms(N32 − R64)) + 2u · max(rms(R64), scale)
 *
 * and the same for each slice along each axis with factor 16, so that one bad channel is not averaged away.
 * u is the unit of rounding of the subject's type.
 */
export function calibrated(evidence: Evidence): Judgement {
  if (evidence.oracle === null) return blind(evidence);
  const first = assess(evidence, evidence.oracle, []);
  if (first.passes || (first.band === 'wrong' && !evidence.oracle.rough)) return first;
  // R32 and N32 may both have been lucky, on few elements above all: look at how far random rounding strays before failing.
  return assess(evidence, evidence.oracle, evidence.oracle.resample());
}

function assess(evidence: Evidence, oracle: OracleEvidence, samples: readonly Float64Array[]): Judgement {
  const { subject, reference, slack, dtype, scale } = evidence;
  const { r64, n32 } = oracle;
  const error = difference(subject, r64, slack);
  const unit = roundingOf(dtype, Math.max(error.referenceRms, scale));
  const naive = Math.max(...[n32, ...samples].map((sample) => noiseBetween(sample, r64, slack)));
  const framework = noiseBetween(reference, r64, slack);
  const trusted = framework <= SUSPECT_FACTOR * (naive + unit);
  const floor = trusted ? Math.max(framework, naive) : naive;
  const allowed = TENSOR_FACTOR * floor + unit;
  const slice = worstSlice(evidence, [n32, ...samples, ...(trusted ? [reference] : [])], floor);
  const patterns = patternErrors(evidence, trusted);
  // An allowance that overflowed allows nothing: it proves nothing.
  const passes = patterns === 0 && Number.isFinite(allowed) && error.rms <= allowed && slice <= 1;
  const excess = patterns > 0 ? Number.POSITIVE_INFINITY : Math.max(error.rms / (floor + unit), slice * SLICE_FACTOR);
  return {
    passes,
    band: bandOf(passes, error.rms, floor + unit, excess),
    measured: error.rms,
    allowed,
    because: [
      reason({ framework, naive, unit, trusted, dtype, replays: samples.length }),
      ...(passes ? [] : [refereed(error.rms, framework, patterns)]),
    ].join('; '),
    suspect: trusted
      ? null
      : `the framework is ${text(framework / (naive + unit))} noise floors away from the float64 oracle (rms ${text(framework)})`,
  };
}

/** Positions at which the subject is non-finite in another way than the framework and the float32 replay both are. */
function patternErrors({ subject, reference, oracle, dtype }: Evidence, trusted: boolean): number {
  if (oracle === null) return 0;
  const ceiling = LARGEST[dtype] ?? Number.MAX_VALUE;
  let errors = 0;
  for (let i = 0; i < subject.length; i++) {
    const c = kindOf(subject[i] as number, ceiling);
    if (trusted && c === kindOf(reference[i] as number, ceiling)) continue;
    if (c === kindOf(oracle.n32[i] as number, ceiling)) continue;
    errors++;
  }
  return errors;
}

/** The largest number that a type holds. */
export const LARGEST: Partial<Record<DataType, number>> = {
  float16: 65504,
  bfloat16: 3.3895313892515355e38,
  float32: 3.4028234663852886e38,
};

function kindOf(x: number, ceiling: number): number {
  if (Number.isNaN(x)) return 2;
  if (x > ceiling) return 1;
  return x < -ceiling ? -1 : 0;
}

/** The largest ratio of measured to allowed over all slices; 0 where the tensor has none. `floors`: correct answers whose noise is allowed. */
function worstSlice(evidence: Evidence, floors: readonly Floats[], floor: number): number {
  const { subject, oracle, shape, slack, dtype, scale } = evidence;
  if (oracle === null) return 0;
  const errors = sliceRms(subject, oracle.r64, shape, slack);
  if (errors.length === 0) return 0;
  const noises = floors.map((correct) => sliceRms(correct, oracle.r64, shape, slack));
  let worst = 0;
  errors.forEach(({ rms, sizes }, k) => {
    rms.forEach((measured, i) => {
      const own = Math.max(floor, ...noises.map((noise) => at(noise, k, i)));
      const allowed = SLICE_FACTOR * own + roundingOf(dtype, Math.max(sizes[i] as number, scale));
      const ratio = measured === 0 ? 0 : measured / allowed;
      if (!(ratio <= worst)) worst = ratio;
    });
  });
  return worst;
}

/** What rounding to the type may do to numbers of this size, as an rms. */
export const roundingOf = (dtype: DataType, size: number): number =>
  2 * unitRoundoff(dtype) * size + (SMALLEST[dtype] ?? 0);

export const at = (slices: readonly { rms: Float64Array }[], k: number, i: number): number => slices[k]?.rms[i] ?? 0;

function bandOf(passes: boolean, measured: number, floor: number, excess: number): Band {
  if (passes) return measured <= floor ? 'same' : 'rounding';
  return excess <= PRECISION_FACTOR ? 'precision' : 'wrong';
}

/** What was allowed, in words. */
function reason(of: {
  readonly framework: number;
  readonly naive: number;
  readonly unit: number;
  readonly trusted: boolean;
  readonly dtype: string;
  readonly replays: number;
}): string {
  const { framework, naive, unit, trusted, dtype, replays } = of;
  const own = trusted ? `the framework's own error ${text(framework)}` : 'the framework left out as suspect';
  const float32 =
    replays > 0
      ? `float32's ${text(naive)} (sequential, and ${replays} times rounded at random)`
      : `sequential float32's ${text(naive)}`;
  return `${TENSOR_FACTOR} × the larger of ${own} and ${float32}, + ${text(unit)} for rounding to ${dtype}`;
}

/** Who of the two that disagree is nearer the third. */
function refereed(subject: number, framework: number, patterns: number): string {
  if (patterns > 0)
    return `the referee: at ${patterns} places the subject is finite where framework and float64 oracle are not, or the other way round`;
  const [near, far] = framework <= subject ? ['framework', 'subject'] : ['subject', 'framework'];
  const [less, more] = [Math.min(subject, framework), Math.max(subject, framework)];
  return `the referee: the float64 oracle is nearer the ${near} (rms ${text(less)}) than the ${far} (rms ${text(more)})`;
}

/** Judged against the framework alone, where the oracle does not know the operator: wider, and said so. */
function blind({ subject, reference, slack, dtype, scale, apart }: Evidence): Judgement {
  const error = slack === null && apart !== undefined ? apart : difference(subject, reference, slack);
  const unit = roundingOf(dtype, Math.max(error.referenceRms, scale));
  const allowed = BLIND_FACTOR * unit;
  const passes = error.nonFinite === 0 && Number.isFinite(allowed) && error.rms <= allowed;
  const excess = error.nonFinite > 0 ? Number.POSITIVE_INFINITY : error.rms / unit;
  return {
    passes,
    band: bandOf(passes, error.rms, unit, excess),
    measured: error.rms,
    allowed,
    because: `${BLIND_FACTOR * 2} units of rounding to ${dtype} at the tensor's own size: no oracle for this operator, so its noise was not measured`,
    suspect: null,
  };
}

/**
 * Proves a match without the oracle: rms(C − R32) ≤ 2u·rms(R32) gives, by the triangle inequality,
 * rms(C − R64) ≤ 2u·rms(R32) + rms(R32 − R64), which is never more than what {@link calibrated} allows a tensor.
 * Slices are held to the same bound. Returns null where it proves nothing.
 */
export function settledByFramework(evidence: Evidence): Judgement | null {
  const { subject, reference, shape, dtype } = evidence;
  const error = evidence.apart ?? difference(subject, reference, null);
  const allowed = 2 * unitRoundoff(dtype) * error.referenceRms;
  if (!(error.nonFinite === 0 && error.compared > 0 && Number.isFinite(allowed) && error.rms <= allowed)) return null;
  const errors = sliceRms(subject, reference, shape, null);
  const fits = errors.every(({ rms, sizes }) =>
    rms.every((measured, i) => measured <= 2 * unitRoundoff(dtype) * (sizes[i] as number)),
  );
  if (!fits) return null;
  return {
    passes: true,
    band: 'same',
    measured: error.rms,
    allowed,
    because: `2 units of rounding to ${dtype} at the tensor's own size: the framework's own answer settles it`,
    suspect: null,
  };
}

export const text = (x: number): string => (Number.isFinite(x) ? x.toPrecision(2) : String(x));
