import { difference } from '../metrics/difference.ts';
import { settingsFor } from '../optimizer.ts';
import { bestFactor, near, shown } from '../rules/_numbers.ts';
import { conclude, type Proven, test } from '../stages/7-diagnose.ts';
import { toNumbers } from '../tensor.ts';
import type { DeclaredOptimizer, OptimizerSettings } from '../types/optimizer.ts';
import type { Site } from '../types/report.ts';
import type { Told } from '../types/rule.ts';
import { floorOf, inputsOf, type RecordedStep, unitOf, type UpdateInput } from './optimizer-input.ts';
import { updateOf } from './optimizer-step.ts';
import { stepFaults } from './optimizer-faults.ts';
import { solvedFaults } from './optimizer-solved.ts';

/** One recorded update held against what the optimiser makes of the recorded gradient. */
export interface JudgedUpdate {
  readonly name: string;
  readonly verdict: 'match' | 'mismatch' | 'vacuous' | 'unseen';
  readonly settings: OptimizerSettings;
  /** How the recorded state was read. */
  readonly states: UpdateInput['states'] | null;
  /** What the optimiser makes. */
  readonly truth: Float64Array | null;
  readonly allowed: number | null;
  /** Why it could not be judged. */
  readonly reason: string | null;
  readonly site: Site | null;
}

/** A right update is within so many floors, element by element. */
export const UPDATE_FACTOR = 4;

/** Holds every recorded update against what the declared optimiser makes of the recorded gradient, and says what was done instead. */
export function judgeUpdates(run: RecordedStep, declared: DeclaredOptimizer): readonly JudgedUpdate[] {
  return [...run.updates.keys()].map((name) => judgeUpdate(run, declared, name));
}

function judgeUpdate(run: RecordedStep, declared: DeclaredOptimizer, name: string): JudgedUpdate {
  const settings = settingsFor(declared, name);
  const bare = { name, settings, states: null, truth: null, allowed: null, reason: null, site: null };
  const inputs = inputsOf(run, settings, name, declared.states);
  if (typeof inputs === 'string') return { ...bare, verdict: 'unseen', reason: inputs };
  const subject = toNumbers((run.updates.get(name) as NonNullable<ReturnType<typeof run.updates.get>>).read());
  const tried = inputs.map((input) => compareStep(run, settings, name, input, subject));
  const met = tried.find(({ fits }) => fits);
  const best = met ?? tried.reduce((a, b) => (b.error < a.error ? b : a));
  const measured = { ...bare, states: best.input.states, truth: best.truth, allowed: best.allowed };
  if (met !== undefined) {
    const nothing = subject.every((x) => x === 0);
    return { ...measured, verdict: nothing ? 'vacuous' : 'match' };
  }
  const site: Site = { tensor: name, direction: 'update', layer: name, op: settings.kind, cause: null, candidates: [] };
  const proven = tried.flatMap((each) => causesOf(run, declared, name, each));
  return { ...measured, verdict: 'mismatch', site: conclude(site, proven) };
}

interface ComparedStep {
  readonly input: UpdateInput;
  readonly subject: Float64Array;
  readonly truth: Float64Array;
  readonly error: number;
  readonly allowed: number;
  readonly fits: boolean;
}

function compareStep(
  run: RecordedStep,
  settings: OptimizerSettings,
  name: string,
  input: UpdateInput,
  subject: Float64Array,
): ComparedStep {
  const truth = updateOf(settings, input);
  const floor = floorOf(settings, input, unitOf(run, name), truth);
  const error = difference(subject, truth, null);
  const fits = subject.every((x, i) => Math.abs(x - (truth[i] as number)) <= UPDATE_FACTOR * (floor[i] as number));
  return {
    input,
    subject,
    truth,
    error: error.nonFinite > 0 ? Number.NaN : error.rms,
    allowed: UPDATE_FACTOR * rms(floor),
    fits,
  };
}

const rms = (x: Float64Array): number => Math.sqrt(x.reduce((sum, e) => sum + e * e, 0) / Math.max(1, x.length));

function causesOf(run: RecordedStep, declared: DeclaredOptimizer, name: string, step: ComparedStep): readonly Proven[] {
  const { input, subject, truth } = step;
  const unit = unitOf(run, name);
  const settings = settingsFor(declared, name);
  const found: Proven[] = [];
  for (const { predicted, ...told } of hypotheses(run, declared, name, step)) {
    const floor = floorOf(settings, input, unit, predicted);
    const proven = test({ ...told, predicted, allowed: UPDATE_FACTOR * rms(floor) }, { subject, truth, slack: null });
    // One element in many may be the whole of the bug (an epsilon shows where gradients are tiny): all must meet.
    const meets = (x: number, i: number): boolean =>
      Math.abs(x - (predicted[i] as number)) <= 2 * UPDATE_FACTOR * (floor[i] as number) || !Number.isFinite(x);
    if (proven !== null && subject.every(meets)) found.push(proven);
  }
  return found;
}

type Hypothesis = Told & { readonly predicted: Float64Array };

function* hypotheses(
  run: RecordedStep,
  declared: DeclaredOptimizer,
  name: string,
  { input, subject, truth }: ComparedStep,
): Iterable<Hypothesis> {
  const settings = settingsFor(declared, name);
  yield* ofStates(run, declared, name, input);
  const faults = [...stepFaults(settings, input), ...solvedFaults(settings, input, subject, truth)];
  for (const { to = {}, fault, step = input.step, ...told } of faults) {
    yield { specificity: 3, ...told, predicted: updateOf({ ...settings, ...to }, { ...input, step }, fault) };
  }
  yield {
    cause: 'optimizer.sign',
    claim: 'the update has the opposite sign: it ascends',
    fix: 'Subtract the step from the parameter.',
    specificity: 3,
    predicted: truth.map((x) => -x),
  };
  yield {
    cause: 'optimizer.parameter-frozen',
    claim: 'the parameter is not updated, though it has a gradient',
    fix: `Give "${name}" to the optimiser.`,
    specificity: 3,
    predicted: new Float64Array(truth.length),
  };
  const factor = bestFactor(subject, truth);
  if (factor === null || factor <= 0 || near(factor, 1)) return;
  yield {
    cause: 'optimizer.learning-rate',
    claim: `the learning rate is ${shown(factor * settings.learningRate)}, not ${shown(settings.learningRate)}`,
    fix: `Use a learning rate of ${shown(settings.learningRate)} at this step.`,
    specificity: 2,
    predicted: truth.map((x) => factor * x),
  };
}

/** State that is made anew, or another parameter's. */
function* ofStates(
  run: RecordedStep,
  declared: DeclaredOptimizer,
  name: string,
  input: UpdateInput,
): Iterable<Hypothesis> {
  if (run.step === 1 || input.states === 'none') return;
  const settings = settingsFor(declared, name);
  const told = { cause: 'optimizer.state-shared', specificity: 3 as const };
  const zeros = new Float64Array(input.parameter.length);
  const start = zeros.map(() => (settings.kind === 'adagrad' ? settings.initialAccumulator : 0));
  for (const step of [1, input.step]) {
    const anew = { ...input, first: zeros, second: start, third: zeros, step, after: false };
    const claim = `the state is made anew at this step${step === 1 ? ', and the count of steps with it' : ''}`;
    yield {
      ...told,
      claim,
      fix: 'Keep one state for each parameter, over all steps.',
      predicted: updateOf(settings, anew),
    };
  }
  for (const other of run.updates.keys()) {
    const inputs = other === name ? '' : inputsOf(run, settings, other, declared.states);
    const theirs = typeof inputs === 'string' ? undefined : inputs.find(({ states }) => states === input.states);
    if (theirs === undefined || theirs.first.length !== input.first.length) continue;
    const { first, second, third } = theirs;
    const shared = { ...input, first, second, ...(third === undefined ? {} : { third }) };
    const claim = `the state of "${other}" is used`;
    const fix = `Keep a state for "${name}" alone.`;
    yield { ...told, claim, fix, predicted: updateOf(settings, shared) };
    const moved = input.after === true ? null : advanced(settings, theirs);
    if (moved === null) continue;
    const after = `${claim}, as that parameter's own step left it: both have one buffer`;
    yield { ...told, claim: after, fix, predicted: updateOf(settings, { ...shared, ...moved }) };
  }
}

/** The state that a step leaves behind, of the algorithms whose state is one or two moving sums. */
function advanced(
  { kind, betas: [beta1, beta2], momentum, dampening }: OptimizerSettings,
  { first, second, gradient }: UpdateInput,
): Pick<UpdateInput, 'first' | 'second'> | null {
  const mixed = (kept: number, old: Float64Array, taken: number, of: (g: number) => number): Float64Array =>
    old.map((x, i) => kept * x + taken * of(gradient[i] as number));
  if (kind === 'sgd') return { first: mixed(momentum, first, 1 - dampening, (g) => g), second };
  if (kind !== 'adam' && kind !== 'adamw') return null;
  return {
    first: mixed(beta1, first, 1 - beta1, (g) => g),
    second: mixed(beta2, second, 1 - beta2, (g) => g * g),
  };
}
