import { difference, noiseBetween } from '../metrics/difference.ts';
import { type SliceRms, sliceRms } from '../metrics/slices.ts';
import { stridesOf } from '../shape.ts';
import type { Shape } from '../types/tensor.ts';
import type { AskAt, Evidence, Judgement } from '../types/tolerance.ts';
import { at, roundingOf, SLICE_FACTOR, SUSPECT_FACTOR, TENSOR_FACTOR, text } from './calibrated.ts';

/** So many elements are drawn. What touches a share p of a tensor is met with probability 1 − (1 − p)^1024. */
export const SAMPLE = 1024;
/** Smaller tensors are computed whole. */
export const LARGE = 4 * SAMPLE;
/** The share for which the report says how probably it would be met. */
const SHARE = 0.005;
/** Slices in which the framework differs more than elsewhere: so many are looked at, at so many elements each. */
const SUSPICIOUS = { slices: 8, elements: 64 } as const;

/**
 * Proves a match of a large tensor by the oracle at some of its elements. Subject and framework are compared in *every* element and slice; the sample
 * only says how far honest arithmetic strays here, and that the framework itself is right. By the triangle inequality
 *
 *     rms(C − R64) ≤ rms(C − R32) + rms(R32 − R64) ≤ 4 · floor + rounding    where    rms(C − R32) ≤ 3 · floor + rounding,
 *
 * so what passes here passes the whole rule. A slice that strays further has a sample of its own. Returns null where it proves nothing.
 */
export function settledBySample(evidence: Evidence, ask: AskAt, random: () => number): Judgement | null {
  const { subject, reference, dtype, shape } = evidence;
  if (subject.length < LARGE) return null;
  const error = evidence.apart ?? difference(subject, reference, null);
  if (!(error.nonFinite === 0 && error.nonFiniteAlike === 0)) return null;
  const noise = noiseAt(evidence, ask, strataOf(subject.length, SAMPLE, random));
  if (noise === null) return null;
  const unit = roundingOf(dtype, error.referenceRms);
  const floor = Math.max(noise.framework, noise.naive);
  const trusted = noise.framework <= SUSPECT_FACTOR * (noise.naive + unit);
  const least = TENSOR_FACTOR - 1;
  if (!(trusted && error.rms <= least * floor + unit)) return null;
  const errors = sliceRms(subject, reference, shape, null);
  const fits = (k: number, i: number, own: number): boolean =>
    at(errors, k, i) <= (SLICE_FACTOR - 1) * Math.max(floor, own) + roundingOf(dtype, errors[k]?.sizes[i] ?? 0);
  const open = slicesWhere(errors, (k, i) => !fits(k, i, 0));
  if (open.length > SUSPICIOUS.slices) return null;
  for (const [k, i] of open) {
    const elements = elementsOf(shape, (errors[k] as SliceRms).axis, i, random);
    const own = noiseAt(evidence, ask, elements);
    if (own === null || !fits(k, i, Math.max(own.framework, own.naive))) return null;
  }
  return {
    passes: true,
    band: error.rms <= floor ? 'same' : 'rounding',
    measured: error.rms,
    allowed: least * floor + unit,
    because: `${least} × the larger of the framework's own error ${text(noise.framework)} and sequential float32's ${text(noise.naive)}, + ${text(unit)} for rounding to ${dtype}; ${confidence(subject.length)}`,
    suspect: null,
  };
}

/** What a sample says, in words. */
function confidence(size: number): string {
  const met = 100 * (1 - (1 - SHARE) ** SAMPLE);
  return `all ${count(size)} elements compared with the framework, ${count(SAMPLE)} of them computed by the oracle: an error of both alike that touches ≥ ${100 * SHARE} % of them would be seen with probability ${met.toFixed(1)} %`;
}

/** How far framework and float32 replay are from float64 at these elements; null where the oracle gives no part, or nothing finite. */
function noiseAt(
  { reference }: Evidence,
  ask: AskAt,
  elements: Int32Array,
): { readonly framework: number; readonly naive: number } | null {
  const answers = ask(elements);
  if (answers === null) return null;
  const { r64, n32 } = answers;
  const theirs = Float64Array.from(elements, (i) => reference[i] as number);
  if (![r64, n32].every((x) => x.every(Number.isFinite))) return null;
  return { framework: noiseBetween(theirs, r64, null), naive: noiseBetween(n32, r64, null) };
}

/** One element at random of each of `count` equal runs: no region of the tensor is left out. */
function strataOf(size: number, count: number, random: () => number): Int32Array {
  return Int32Array.from({ length: count }, (_, k) => Math.floor(((k + random()) * size) / count));
}

function slicesWhere(
  slices: readonly SliceRms[],
  fits: (k: number, i: number) => boolean,
): (readonly [number, number])[] {
  return slices.flatMap(({ rms }, k) => [...rms.keys()].filter((i) => fits(k, i)).map((i) => [k, i] as const));
}

/** Elements at random of slice `i` along an axis. */
function elementsOf(shape: Shape, axis: number, i: number, random: () => number): Int32Array {
  const stride = stridesOf(shape)[axis] as number;
  const length = shape[axis] as number;
  const size = shape.reduce((a, b) => a * b, 1) / length;
  const places = strataOf(size, Math.min(size, SUSPICIOUS.elements), random);
  return places.map((place) => Math.floor(place / stride) * stride * length + i * stride + (place % stride));
}

const count = (n: number): string => n.toLocaleString('en-US');
