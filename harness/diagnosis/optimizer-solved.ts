import { bestFactor, near, shown } from '../rules/_numbers.ts';
import type { OptimizerSettings } from '../types/optimizer.ts';
import type { FaultyStep } from './optimizer-faults.ts';
import { type StepInput, updateOf } from './optimizer-step.ts';

/** Steps with a constant that is solved from the update itself: a momentum, an epsilon, a decay. */
export function* solvedFaults(
  settings: OptimizerSettings,
  input: StepInput,
  subject: Float64Array,
  truth: Float64Array,
): Iterable<FaultyStep> {
  const { kind, learningRate, momentum, epsilon, decay } = settings;
  if (kind === 'sgd' && momentum !== 0 && input.after !== true && !settings.nesterov) {
    const own = updateOf({ ...settings, momentum: 0 }, input);
    const carried = input.first.map((v) => -learningRate * v);
    const other = bestFactor(minus(subject, own), carried);
    if (other !== null && !near(other, momentum)) {
      const claim = `momentum is ${shown(other)}, not ${shown(momentum)}`;
      yield {
        cause: 'optimizer.momentum',
        specificity: 2,
        claim,
        fix: `Use momentum ${shown(momentum)}.`,
        to: { momentum: other },
      };
    }
  }
  if (kind !== 'sgd') {
    const solved = epsilonIn(settings, input, subject);
    const all = solved === null ? [] : [Number(solved.toPrecision(2)), solved];
    for (const other of new Set(all.filter((each) => each > 0 && !near(each, epsilon)))) {
      const claim = `epsilon is ${shown(other)}, not ${shown(epsilon)}`;
      yield {
        cause: 'optimizer.epsilon',
        specificity: 2,
        claim,
        fix: `Use epsilon ${shown(epsilon)}.`,
        to: { epsilon: other },
      };
    }
  }
  if (kind === 'sgd' || kind === 'adamw') {
    const share = bestFactor(
      minus(subject, truth),
      input.parameter.map((w) => -learningRate * w),
    );
    const other = share === null ? null : decay + share;
    if (other === null || near(other, decay)) return;
    const claim = `weight decay is ${shown(other)}, not ${shown(decay)}`;
    yield {
      cause: 'optimizer.decay-scope',
      specificity: 2,
      claim,
      fix: `Decay this parameter by ${shown(decay)}.`,
      to: { decay: other },
    };
  }
}

/** The epsilon beside the root that the element says on which it weighs most: −lr·m̂/u − √v̂. */
function epsilonIn(settings: OptimizerSettings, input: StepInput, subject: Float64Array): number | null {
  const without = updateOf({ ...settings, epsilon: 0, decay: settings.kind === 'adamw' ? 0 : settings.decay }, input);
  const at = (epsilon: number): Float64Array =>
    updateOf({ ...settings, epsilon, decay: settings.kind === 'adamw' ? 0 : settings.decay }, input);
  const one = at(1);
  let best: { readonly ratio: number; readonly epsilon: number } | null = null;
  for (let i = 0; i < subject.length; i++) {
    const decayed =
      settings.kind === 'adamw' ? settings.learningRate * settings.decay * (input.parameter[i] as number) : 0;
    const u = (subject[i] as number) + decayed;
    const [bare, whole] = [without[i] as number, one[i] as number];
    // bare = −s/r and whole = −s/(r + 1), so r = whole / (bare − whole) and s = −bare·r.
    const root = whole / (bare - whole);
    const epsilon = (bare * root) / u - root;
    const ratio = Math.abs(bare / u);
    if (Number.isFinite(epsilon) && ratio > (best?.ratio ?? 1)) best = { ratio, epsilon };
  }
  return best === null ? null : refined(best.epsilon, at, subject, input, settings);
}

/** One element's rounding is in its epsilon: two steps of Gauss and Newton over all of them take it out. */
function refined(
  start: number,
  at: (epsilon: number) => Float64Array,
  subject: Float64Array,
  { parameter }: StepInput,
  { kind, learningRate, decay }: OptimizerSettings,
): number {
  const decayed = kind === 'adamw' ? learningRate * decay : 0;
  const own = subject.map((x, i) => x + decayed * (parameter[i] as number));
  let epsilon = start;
  for (let n = 0; n < 3; n++) {
    const made = at(epsilon);
    const step = epsilon * 1e-4;
    const slope = minus(at(epsilon + step), made).map((x) => x / step);
    epsilon += bestFactor(minus(own, made), slope) ?? 0;
  }
  return Number.isFinite(epsilon) && epsilon > 0 ? epsilon : start;
}

const minus = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, i) => x - (b[i] as number));
