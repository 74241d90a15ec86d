import { difference } from '../metrics/difference.ts';
import { bestFactor, near, shown } from '../rules/_numbers.ts';
import { conclude, test } from '../stages/7-diagnose.ts';
import { toNumbers } from '../tensor.ts';
import type { Site } from '../types/report.ts';
import type { Told } from '../types/rule.ts';
import type { TensorSource } from '../types/tensor.ts';
import { type OptimizerSettings, type StepInput, updateOf } from './optimizer-step.ts';
import { stepFaults } from './optimizer-faults.ts';

/** One step of training as the subject recorded it. */
export interface RecordedStep {
  /** Parameters before the step, and gradients, by name. */
  readonly parameters: ReadonlyMap<string, TensorSource>;
  readonly gradients: ReadonlyMap<string, TensorSource>;
  readonly updates: ReadonlyMap<string, TensorSource>;
  /** State before the step, `NAME/SLOT`: `momentum_buffer`; `exp_avg`, `exp_avg_sq`; `square_avg`. Not needed at iteration 0. */
  readonly states: ReadonlyMap<string, TensorSource>;
  /** 0 for the first. */
  readonly iteration: number;
}

/** Parameters that were updated wrongly, each with what was done instead; and those that cannot be judged, with the reason. */
export interface UpdateFindings {
  readonly faulty: readonly Site[];
  readonly skipped: ReadonlyMap<string, string>;
}

/** A rounding error of float32. */
const UNIT = 2 ** -24;

/** Holds every recorded update against what the declared optimiser makes of the recorded gradient. */
export function diagnoseUpdates(run: RecordedStep, settings: OptimizerSettings): UpdateFindings {
  const faulty: Site[] = [];
  const skipped = new Map<string, string>();
  for (const [name, source] of run.updates) {
    const input = inputOf(run, settings, name);
    if (typeof input === 'string') {
      skipped.set(name, input);
      continue;
    }
    const subject = toNumbers(source.read());
    const truth = updateOf(settings, input);
    const allowed = allowedFor(input, truth);
    const error = difference(subject, truth, null);
    if (error.nonFinite === 0 && error.rms <= allowed) continue;
    const site: Site = {
      tensor: name,
      direction: 'backward',
      layer: name,
      op: settings.kind,
      cause: null,
      candidates: [],
    };
    const tested = { subject, truth, slack: null };
    const proven = [...hypotheses(run, settings, name, input, subject, truth)]
      .map((told) => test({ ...told, allowed: allowedFor(input, told.predicted) }, tested))
      .filter((found) => found !== null);
    faulty.push(conclude(site, proven));
  }
  return { faulty, skipped };
}

/** An update is the difference of two float32 parameters, each rounded. */
function allowedFor({ parameter }: StepInput, update: Float64Array): number {
  const rms = (x: Float64Array): number => Math.sqrt(x.reduce((sum, e) => sum + e * e, 0) / Math.max(1, x.length));
  return 2 * UNIT * rms(parameter) + 32 * UNIT * rms(update);
}

const SLOTS: Readonly<Record<OptimizerSettings['kind'], readonly [string, string]>> = {
  sgd: ['momentum_buffer', ''],
  adam: ['exp_avg', 'exp_avg_sq'],
  adamw: ['exp_avg', 'exp_avg_sq'],
  rmsprop: ['', 'square_avg'],
};

function inputOf(run: RecordedStep, settings: OptimizerSettings, name: string): StepInput | string {
  const parameter = run.parameters.get(name);
  const gradient = run.gradients.get(name);
  if (parameter === undefined || gradient === undefined) return 'its value or gradient was not recorded';
  const [first, second] = SLOTS[settings.kind].map((slot) => stateOf(run, settings, name, slot));
  if (first === null || second === null)
    return `its state (${SLOTS[settings.kind].filter(Boolean).join(', ')}) was not recorded`;
  const zeros = new Float64Array(toNumbers(parameter.read()).length);
  return {
    parameter: toNumbers(parameter.read()),
    gradient: toNumbers(gradient.read()),
    step: run.iteration + 1,
    first: first ?? zeros,
    second: second ?? zeros,
  };
}

/** Undefined: zeros. Null: needed, and not recorded. */
function stateOf({ states, iteration }: RecordedStep, settings: OptimizerSettings, name: string, slot: string) {
  const needed = slot !== '' && iteration > 0 && (settings.kind !== 'sgd' || settings.momentum !== 0);
  if (!needed) return undefined;
  const found = states.get(`${name}/${slot}`);
  return found === undefined ? null : toNumbers(found.read());
}

type Hypothesis = Told & { readonly predicted: Float64Array };

function* hypotheses(
  run: RecordedStep,
  settings: OptimizerSettings,
  name: string,
  input: StepInput,
  subject: Float64Array,
  truth: Float64Array,
): Iterable<Hypothesis> {
  for (const { to = {}, fault, step = input.step, ...told } of stepFaults(settings, input)) {
    yield { ...told, specificity: 3, predicted: updateOf({ ...settings, ...to }, { ...input, step }, fault) };
  }
  yield* ofStates(run, settings, name, input);
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
  settings: OptimizerSettings,
  name: string,
  input: StepInput,
): Iterable<Hypothesis> {
  if (run.iteration === 0) return;
  const told = { cause: 'optimizer.state-shared', specificity: 3 as const };
  const zeros = new Float64Array(input.parameter.length);
  for (const step of [1, input.step]) {
    const anew = { ...input, first: zeros, second: zeros, step };
    const claim = `the state is made anew at this step${step === 1 ? ', and the count of steps with it' : ''}`;
    yield {
      ...told,
      claim,
      fix: 'Keep one state for each parameter, over all steps.',
      predicted: updateOf(settings, anew),
    };
  }
  for (const other of run.updates.keys()) {
    const theirs = other === name ? null : inputOf(run, settings, other);
    if (theirs === null || typeof theirs === 'string' || theirs.first.length !== input.first.length) continue;
    const shared = { ...input, first: theirs.first, second: theirs.second };
    const claim = `the state of "${other}" is used`;
    yield { ...told, claim, fix: `Keep a state for "${name}" alone.`, predicted: updateOf(settings, shared) };
  }
}
