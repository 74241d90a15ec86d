import { OPTIMIZER_DEFAULTS, optimizerText } from '../optimizer.ts';
import { toNumbers } from '../tensor.ts';
import type { DeclaredOptimizer, OptimizerKind, OptimizerSettings } from '../types/optimizer.ts';
import { sourceOf, fromNumbers } from '../tensor.ts';
import type { TensorSource } from '../types/tensor.ts';
import { floorOf, inputsOf, type RecordedStep, unitOf, type UpdateInput } from './optimizer-input.ts';
import { UPDATE_FACTOR } from './optimizer.ts';
import { updateOf } from './optimizer-step.ts';
import { solve } from './least-squares.ts';

/** An optimiser that nobody declared: what makes most of the recorded updates, and others that make them as well. */
export interface InferredOptimizer {
  readonly declared: DeclaredOptimizer;
  readonly also: readonly string[];
  /** Parameters whose updates it makes. */
  readonly fitting: number;
}

/** So many elements of each parameter are looked at. */
const SAMPLE = 2048;
/** An optimiser has up to three constants that are solved: fewer numbers than this would meet any. */
const FEWEST = 8;

/** The standard optimisers with solved constants, held against all recorded updates at once. Null where none makes at least half of them. */
export function inferOptimizer(run: RecordedStep): InferredOptimizer | null {
  const few = sampled(run);
  const found: {
    readonly settings: OptimizerSettings;
    readonly states: 'before' | 'after' | null;
    readonly fitting: number;
  }[] = [];
  for (const form of forms()) {
    for (const states of run.step === 1 || form.stateless ? ([null] as const) : (['before', 'after'] as const)) {
      const best = bestOf(few, form, states);
      if (best !== null) found.push(best);
    }
  }
  const most = Math.max(0, ...found.map(({ fitting }) => fitting));
  if (most === 0 || 2 * most < few.updates.size) return null;
  const [first, ...others] = found.filter(({ fitting }) => fitting === most) as [(typeof found)[0], ...typeof found];
  const declared = { settings: first.settings, step: run.step, states: first.states, groups: [] };
  const told = new Set(others.map(({ settings }) => optimizerText(settings)));
  told.delete(optimizerText(first.settings));
  return { declared, also: [...told], fitting: most };
}

interface Form {
  readonly settings: OptimizerSettings;
  readonly stateless: boolean;
  /** Settings of the coefficients of gradient, state and parameter. */
  readonly linear: boolean;
}

const BETAS = [
  [0.9, 0.999],
  [0.9, 0.99],
  [0.9, 0.95],
  [0.9, 0.98],
  [0.5, 0.999],
  [0.5, 0.9],
  [0, 0.999],
  [0, 0.99],
] as const;
const EPSILONS = [1e-8, 1e-7, 1e-10, 1e-6, 1e-5, 1e-4, 1e-3, 0];

/** The usual ones first: of two that make the same numbers the first is told. */
function* forms(): Iterable<Form> {
  const base = { ...OPTIMIZER_DEFAULTS, learningRate: 1 };
  yield { settings: { ...base, kind: 'sgd' }, stateless: true, linear: true };
  yield { settings: { ...base, kind: 'sgd', momentum: 0.9 }, stateless: false, linear: true };
  yield { settings: { ...base, kind: 'sgd', momentum: 0.9, nesterov: true }, stateless: false, linear: true };
  const adaptive = (kind: OptimizerKind, more: Partial<OptimizerSettings>): Form => ({
    settings: { ...base, kind, ...more },
    stateless: false,
    linear: false,
  });
  for (const betas of BETAS) for (const epsilon of EPSILONS) yield adaptive('adamw', { betas, epsilon });
  for (const beta of [0.99, 0.9, 0.95, 0.999])
    for (const epsilon of EPSILONS) yield adaptive('rmsprop', { betas: [0.9, beta], epsilon });
  for (const initialAccumulator of [0, 0.1])
    for (const epsilon of EPSILONS) yield adaptive('adagrad', { initialAccumulator, epsilon });
}

/** The form with the constants that one parameter gives and most others share. */
function bestOf(run: RecordedStep, { settings, linear }: Form, states: 'before' | 'after' | null) {
  const known = [...run.updates.keys()].flatMap((name) => {
    const inputs = inputsOf(run, settings, name, states);
    const [input] = typeof inputs === 'string' ? [] : inputs;
    return input === undefined
      ? []
      : [{ name, input, subject: toNumbers((run.updates.get(name) as TensorSource).read()) }];
  });
  let best: { readonly settings: OptimizerSettings; readonly states: typeof states; readonly fitting: number } | null =
    null;
  for (const { input, subject } of known.filter(
    (each) => each.subject.length >= FEWEST && each.input.gradient.some((g) => g !== 0),
  )) {
    if (best !== null && 2 * best.fitting > known.length) break;
    const solved = linear ? linearly(settings, input, subject) : adaptively(settings, input, subject);
    for (const own of solved) {
      const fitting = known.filter((each) => meets(run, own, each)).length;
      if (fitting > (best?.fitting ?? 0)) best = { settings: own, states, fitting };
    }
  }
  return best;
}

interface Known {
  readonly name: string;
  readonly input: UpdateInput;
  readonly subject: Float64Array;
}

function meets(run: RecordedStep, settings: OptimizerSettings, { name, input, subject }: Known): boolean {
  const made = updateOf(settings, input);
  const floor = floorOf(settings, input, unitOf(run, name), made);
  return subject.every((x, i) => Math.abs(x - (made[i] as number)) <= UPDATE_FACTOR * (floor[i] as number));
}

/** SGD: the update is a sum of gradient, velocity and parameter. */
function linearly(
  settings: OptimizerSettings,
  input: UpdateInput,
  subject: Float64Array,
): readonly OptimizerSettings[] {
  const velocity = settings.momentum !== 0 && input.states !== 'none';
  const { gradient: g, first: v, parameter: w } = input;
  if (settings.momentum !== 0 && !velocity) return [];
  const bases = velocity ? (input.after === true && !settings.nesterov ? [v] : [g, v]) : [g];
  return [bases, [...bases, w]].flatMap((columns) => {
    const c = solve(columns, subject);
    if (c === null) return [];
    const decay = columns.length > bases.length ? (c.at(-1) as number) : 0;
    const made = velocity
      ? ofVelocity(settings.nesterov, input.after === true, c)
      : { learningRate: -(c[0] as number), momentum: 0 };
    if (made === null || !(made.learningRate > 0)) return [];
    const share =
      decay === 0
        ? 0
        : -decay / (settings.nesterov && !input.after ? made.learningRate * (1 + made.momentum) : made.learningRate);
    return rounded({ ...settings, ...made, decay: share });
  });
}

/** Learning rate and momentum from the coefficients of gradient and velocity. */
function ofVelocity(nesterov: boolean, after: boolean, [first, second]: readonly number[]) {
  const a = first as number;
  if (after && !nesterov) return { learningRate: -a, momentum: 0.9 };
  const b = second as number;
  if (after) return { learningRate: -a, momentum: b / a };
  if (!nesterov) return { learningRate: -a, momentum: b / a };
  // −lr·(1 + μ) and −lr·μ²
  const ratio = b / a;
  const momentum = (ratio + Math.sqrt(ratio * ratio + 4 * ratio)) / 2;
  return Number.isFinite(momentum) ? { learningRate: -a / (1 + momentum), momentum } : null;
}

/** Adam and its kin: a direction times the learning rate, and a share of the parameter (AdamW), or none. */
function adaptively(
  settings: OptimizerSettings,
  input: UpdateInput,
  subject: Float64Array,
): readonly OptimizerSettings[] {
  const direction = updateOf({ ...settings, learningRate: 1, decay: 0 }, input);
  const alone = solve([direction], subject);
  const both = settings.kind === 'adamw' ? solve([direction, input.parameter], subject) : null;
  const [rate] = alone ?? [0];
  const [other, share] = both ?? [0, 0];
  return [
    ...((rate as number) > 0
      ? rounded({ ...settings, kind: settings.kind === 'adamw' ? 'adam' : settings.kind, learningRate: rate as number })
      : []),
    ...((other as number) > 0
      ? rounded({ ...settings, learningRate: other as number, decay: -(share as number) / (other as number) })
      : []),
  ];
}

/** Constants as people write them, and as they were solved. */
function rounded(settings: OptimizerSettings): readonly OptimizerSettings[] {
  const to = (digits: number): OptimizerSettings => {
    const [learningRate, momentum, decay] = [settings.learningRate, settings.momentum, settings.decay].map((x) =>
      Number(x.toPrecision(digits)),
    );
    return { ...settings, learningRate: learningRate as number, momentum: momentum as number, decay: decay as number };
  };
  return [to(2), to(3), settings];
}

/** At most so many elements of each tensor, evenly spread. */
function sampled(run: RecordedStep): RecordedStep {
  const few = (source: TensorSource): TensorSource => {
    const data = toNumbers(source.read());
    if (data.length <= SAMPLE) return source;
    const step = data.length / SAMPLE;
    const picked = Float64Array.from({ length: SAMPLE }, (_, i) => data[Math.floor(i * step)] as number);
    return sourceOf(fromNumbers('float64', [SAMPLE], picked));
  };
  const all = (map: ReadonlyMap<string, TensorSource>) =>
    new Map([...map].map(([name, source]) => [name, few(source)]));
  const { parameters, gradients, updates, states } = run;
  return { ...run, parameters: all(parameters), gradients: all(gradients), updates: all(updates), states: all(states) };
}
