import { toNumbers, unitRoundoff } from '../tensor.ts';
import type { OptimizerSettings } from '../types/optimizer.ts';
import type { TensorSource } from '../types/tensor.ts';
import { type StepInput, updateOf } from './optimizer-step.ts';

/** One step of training as the subject recorded it. */
export interface RecordedStep {
  /** Parameters before the step, and gradients, by name. */
  readonly parameters: ReadonlyMap<string, TensorSource>;
  readonly gradients: ReadonlyMap<string, TensorSource>;
  readonly updates: ReadonlyMap<string, TensorSource>;
  /** State by `NAME/SLOT`: `momentum_buffer`; `exp_avg`, `exp_avg_sq`; `square_avg`; `sum`. Not needed at the first step. */
  readonly states: ReadonlyMap<string, TensorSource>;
  /** Steps taken, this one included: 1 at the first. */
  readonly step: number;
}

/** What an update may be computed from: the states read as those of before the step, or after it. */
export interface UpdateInput extends StepInput {
  readonly states: 'none' | 'before' | 'after';
}

type Slots = readonly [first: readonly string[], second: readonly string[], third: readonly string[]];

const VELOCITY = ['momentum_buffer', 'velocity', 'momentum', 'm', 'v'];

/** What state an algorithm keeps, by the names it has in PyTorch, Keras and TensorFlow.js; only what its settings need. */
function slotsOf({ kind, momentum, centered }: OptimizerSettings): Slots {
  const square = ['square_avg', 'rms', 'mean_square', 'accumulated_mean_square', 'v'];
  if (kind === 'sgd') return [momentum === 0 ? [] : VELOCITY, [], []];
  if (kind === 'rmsprop')
    return [momentum === 0 ? [] : VELOCITY, square, centered ? ['grad_avg', 'mean_grad', 'mg'] : []];
  if (kind === 'adagrad') return [[], ['sum', 'accumulator', 'accumulated_grad'], []];
  return [['exp_avg', 'm', 'first_moment', 'accumulated_first_moment'], ['exp_avg_sq', 'v', 'second_moment'], []];
}

/**
 * What the update of a parameter is to be computed from, in every way that the record can be read; or, in words, what is missing.
 * At the first step the state before is known: nothing, or Adagrad's initial accumulator.
 */
export function inputsOf(
  run: RecordedStep,
  settings: OptimizerSettings,
  name: string,
  states: 'before' | 'after' | null,
): readonly UpdateInput[] | string {
  const [value, gradient, update] = [run.parameters.get(name), run.gradients.get(name), run.updates.get(name)];
  if (update === undefined || value === undefined || gradient === undefined)
    return `its ${value === undefined ? 'value' : 'gradient'} was not recorded`;
  const parameter = toNumbers(value.read());
  const [g, size] = [toNumbers(gradient.read()), toNumbers(update.read()).length];
  if (g.length !== size || parameter.length !== size) return 'its value, gradient and update are not of one size';
  const bare = { parameter, gradient: g, step: run.step };
  const [first, second, third] = slotsOf(settings).map((slots) => stateOf(run, name, slots, size)) as [
    State,
    State,
    State,
  ];
  const missing = slotsOf(settings).filter((slots, i) => slots.length > 0 && [first, second, third][i] === null);
  const nothing = new Float64Array(size);
  const start = new Float64Array(size).fill(settings.kind === 'adagrad' ? settings.initialAccumulator : 0);
  const kept = { ...bare, first: first ?? nothing, second: second ?? start, third: third ?? nothing };
  const needed = slotsOf(settings).some((slots) => slots.length > 0);
  if (!needed) return [{ ...kept, states: 'none' }];
  if (run.step === 1 && (states !== 'before' || missing.length > 0))
    return [{ ...bare, first: nothing, second: start, third: nothing, states: 'none' }];
  if (missing.length > 0) return `its state (${missing.map(([slot]) => slot).join(', ')}) was not recorded`;
  const ways = states === null ? (['before', 'after'] as const) : [states];
  return ways.map((way) => ({ ...kept, states: way, after: way === 'after' }));
}

type State = Float64Array | null;

function stateOf({ states }: RecordedStep, name: string, slots: readonly string[], size: number): State {
  for (const slot of slots) {
    const found = states.get(`${name}/${slot}`);
    const data = found === undefined ? null : toNumbers(found.read());
    if (data?.length === size) return data;
  }
  return null;
}

/** So many roundings an optimiser may make on its way. */
const ROUNDINGS = 32;

/**
 * How far a right update may be from the exact one, element by element: an update is the difference of two parameters, each rounded;
 * its terms may cancel; and its constants may be held in float32, where 1 − 0.999 is off by 5e-5.
 */
export function floorOf(
  settings: OptimizerSettings,
  input: UpdateInput,
  unit: number,
  update: Float64Array,
): Float64Array {
  const { parameter, gradient, first } = input;
  const size = updateOf(settings, {
    ...input,
    parameter: absolute(parameter),
    gradient: absolute(gradient),
    first: absolute(first),
  });
  const { betas, learningRate, epsilon, momentum, decay } = settings;
  const narrow = {
    ...settings,
    betas: [Math.fround(betas[0]), Math.fround(betas[1])] as const,
    learningRate: Math.fround(learningRate),
    epsilon: Math.fround(epsilon),
    momentum: Math.fround(momentum),
    decay: Math.fround(decay),
  };
  const [rounded, exact] = [updateOf(narrow, input), updateOf(settings, input)];
  return update.map((u, i) => {
    const terms = Math.abs(size[i] as number);
    const magnitude = Number.isFinite(terms) ? Math.max(terms, Math.abs(u)) : Math.abs(u);
    const constants = Math.abs((rounded[i] as number) - (exact[i] as number));
    return unit * (Math.abs(parameter[i] as number) + ROUNDINGS * magnitude) + (constants || 0);
  });
}

/** The unit of rounding of an update's numbers: the subject's narrowest, and float32's at the least. */
export const unitOf = (run: RecordedStep, name: string): number =>
  Math.max(
    2 ** -24,
    ...[run.updates.get(name), run.parameters.get(name)].map((source) =>
      source === undefined ? 0 : unitRoundoff(source.dtype),
    ),
  );

const absolute = (x: Float64Array): Float64Array => x.map(Math.abs);
