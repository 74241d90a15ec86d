import { sizeOf } from '../shape.ts';
import { seedOf } from '../numerics/random.ts';
import type { Shape } from '../types/tensor.ts';
import { type Derivative, derivativeOf, type Steps } from './differences.ts';
import { type Effort, type Probe, probesFor } from './probes.ts';
import type { ClaimVerdict, TensorCheck, Worst } from '../types/gradient-check.ts';

/** The number whose gradient is checked, as a function of one tensor at a time; the others stay as they are. */
export interface Objective {
  readonly value: number;
  /** Absolute error of one evaluation. */
  readonly noise: number;
  at(tensor: string, moved: Float64Array): number | Promise<number>;
}

/** A tensor whose gradient is checked. */
export interface Target {
  readonly name: string;
  readonly role: 'parameter' | 'input';
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** What somebody says that a gradient is. */
export interface Claim {
  readonly by: string;
  readonly gradient: Float64Array;
  /** Honest error: relative to the gradient's root mean square, or to the derivative where that is larger; … */
  readonly relative: number;
  /** … plus so much an element (root mean square, of the rounding of the claim's own arithmetic), … */
  readonly absolute: number;
  /** … plus so much of element i, because of a kink. */
  readonly slack: Float64Array | null;
}

/** How thoroughly to check, and how differences are taken. */
export interface CheckEffort extends Effort, Omit<Steps, 'noise'> {
  readonly seed: number;
}

/** float64: a step of 2⁻¹⁰ leaves a truncation of 2⁻⁴⁰ and a round-off of 2⁻⁴³; where a kink is near, smaller ones. */
export const FLOAT64: CheckEffort = {
  exhaustive: 64,
  elements: 24,
  directions: 4,
  tries: [2 ** -10, 2 ** -16, 2 ** -21],
  agree: 5e-6,
  confirm: false,
  seed: 0,
};

/** float32: round-off is 2⁻²⁴ / h, so that steps are long and have to be confirmed by shorter ones. */
export const FLOAT32: CheckEffort = {
  ...FLOAT64,
  tries: [2 ** -6, 2 ** -8, 2 ** -10, 2 ** -12],
  agree: 2e-3,
  confirm: true,
};

/** Holds what is claimed of one gradient against central differences of the objective. */
export async function checkGradient(
  target: Target,
  objective: Objective,
  claims: readonly Claim[],
  effort: CheckEffort,
): Promise<TensorCheck> {
  const { name, role, shape, data } = target;
  const size = sizeOf(shape);
  const unit = rootMeanSquare(data) || 1;
  const largest = Math.max(0, ...claims.map(({ gradient }) => rootMeanSquare(gradient)));
  const probes = probesFor(size, merged(claims, size), seedOf(name, effort.seed), effort);
  const movable = probes.filter(({ element }) => element === null || Number.isFinite(data[element]));
  const tallies = claims.map((claim) => ({ claim, worst: null as Worst | null }));
  let [tested, faint] = [0, 0];
  for (const probe of movable) {
    const line = (t: number) => objective.at(name, along(data, probe, t * unit));
    const scale = unit * largest * Math.sqrt(probe.weight);
    const expected = await derivativeOf(line, objective.value, scale, { ...effort, noise: objective.noise });
    if (expected === null) continue;
    tested++;
    if (scale <= expected.uncertainty) faint++;
    for (const tally of tallies) {
      const found = compare(tally.claim, probe, data, unit, expected);
      if (isWorse(found, tally.worst)) tally.worst = found;
    }
  }
  const checks = tallies.map(({ claim, worst }) => ({ by: claim.by, verdict: verdictOf(worst, size), worst }));
  const exhaustive = size <= effort.exhaustive;
  return { name, role, shape, exhaustive, tested, kinks: movable.length - tested, faint, claims: checks };
}

/** A ratio that is no number is the worst of all. */
function isWorse(found: Worst, worst: Worst | null): boolean {
  if (worst === null) return true;
  return !Number.isNaN(worst.ratio) && !(found.ratio <= worst.ratio);
}

function verdictOf(worst: Worst | null, size: number): ClaimVerdict {
  if (worst === null) return size === 0 ? 'match' : 'untested';
  return worst.ratio <= 1 ? 'match' : 'mismatch';
}

function compare(claim: Claim, probe: Probe, data: Float64Array, unit: number, expected: Derivative): Worst {
  const { gradient, relative, absolute, slack } = claim;
  let found = 0;
  let excused = 0;
  const add = (i: number): void => {
    const sign = Number.isFinite(data[i]) ? probe.sign(i) : 0;
    found += sign === 0 ? 0 : unit * sign * (gradient[i] as number);
    if (slack !== null && sign !== 0) excused += unit * (slack[i] as number);
  };
  if (probe.element === null) for (let i = 0; i < gradient.length; i++) add(i);
  else add(probe.element);
  const length = unit * Math.sqrt(probe.weight);
  const scale = Math.max(Math.abs(expected.value), length * rootMeanSquare(gradient));
  const allowed = relative * scale + length * absolute + excused + expected.uncertainty;
  const error = Math.abs(found - expected.value);
  const ratio = error === 0 ? 0 : error / allowed;
  return { element: probe.element, expected: expected.value / unit, found: found / unit, ratio };
}

/** x + t·d; what is infinite stays where it is. */
function along(data: Float64Array, probe: Probe, t: number): Float64Array {
  const moved = data.slice();
  if (probe.element !== null) moved[probe.element] = (data[probe.element] as number) + t;
  else
    for (let i = 0; i < moved.length; i++)
      if (Number.isFinite(data[i])) moved[i] = (data[i] as number) + t * probe.sign(i);
  return moved;
}

/** The largest claimed magnitude of every element. */
function merged(claims: readonly Claim[], size: number): Float64Array {
  const largest = new Float64Array(size);
  for (const { gradient } of claims) {
    for (let i = 0; i < size; i++) largest[i] = Math.max(largest[i] as number, Math.abs(gradient[i] as number) || 0);
  }
  return largest;
}

/** Of the finite elements; 0 where there are none. */
export function rootMeanSquare(data: Float64Array): number {
  let [sum, count] = [0, 0];
  for (const x of data) {
    if (!Number.isFinite(x)) continue;
    sum += x * x;
    count++;
  }
  return count === 0 ? 0 : Math.sqrt(sum / count);
}
