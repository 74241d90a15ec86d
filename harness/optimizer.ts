import { closest } from './closest.ts';
import { LayerdiffError } from './errors.ts';
import { globTest } from './glob.ts';
import {
  type DeclaredOptimizer,
  type OptimizerGroup,
  type OptimizerKind,
  OPTIMIZERS,
  type OptimizerSettings,
} from './types/optimizer.ts';

/** PyTorch's defaults, but for the learning rate. */
export const OPTIMIZER_DEFAULTS: Omit<OptimizerSettings, 'kind' | 'learningRate'> = {
  momentum: 0,
  nesterov: false,
  dampening: 0,
  betas: [0.9, 0.999],
  epsilon: 1e-8,
  decay: 0,
  centered: false,
  initialAccumulator: 0,
};

/** What PyTorch has otherwise for some algorithms: torch.optim.RMSprop's alpha, Adagrad's epsilon, AdamW's decay. */
const OWN_DEFAULTS: Partial<Record<OptimizerKind, Partial<OptimizerSettings>>> = {
  adamw: { decay: 0.01 },
  rmsprop: { betas: [0.9, 0.99] },
  adagrad: { epsilon: 1e-10 },
};

/** Names in use for one setting: ours first, then PyTorch's and Keras's. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  algorithm: ['kind', 'name', 'type'],
  learningRate: ['lr', 'learning_rate'],
  momentum: [],
  nesterov: [],
  dampening: [],
  beta1: ['beta_1'],
  beta2: ['beta_2', 'alpha', 'rho'],
  betas: [],
  epsilon: ['eps'],
  weightDecay: ['weight_decay', 'decay', 'wd'],
  centered: [],
  initialAccumulator: ['initial_accumulator_value'],
  step: ['iterations'],
  states: [],
  groups: [],
};

const REMEDY =
  'Write {"algorithm": "adam", "learningRate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0}.';

/** The place of an error in what the user declares beside the trace. */
export const OPTIMIZER_OPTION = 'option optimizer';

/**
 * Reads what a trace, a configuration or a network says of its optimiser.
 * @param found an object, or its JSON text, or `adam,learningRate=0.001,epsilon=1e-8`
 * @throws E_OPTION naming the key that is unknown or of the wrong type
 */
export function parseOptimizer(found: unknown, place: string): DeclaredOptimizer {
  const given = keyed(typeof found === 'string' ? fromText(found, place) : found, place);
  const kind = String(given.get('algorithm') ?? '').toLowerCase() as OptimizerKind;
  if (!OPTIMIZERS.includes(kind)) {
    const near = closest(kind, OPTIMIZERS);
    const remedy = near === null ? `Known: ${OPTIMIZERS.join(', ')}.` : `Did you mean "${near}"?`;
    throw new LayerdiffError('E_OPTION', place, `there is no optimiser "${kind}"`, remedy);
  }
  const rate = given.get('learningRate');
  if (rate === undefined) throw wrong(place, 'learningRate', rate, 'a number');
  const own = settingsOf(given, place, OWN_DEFAULTS[kind]?.betas ?? OPTIMIZER_DEFAULTS.betas);
  const settings = { ...OPTIMIZER_DEFAULTS, ...OWN_DEFAULTS[kind], learningRate: 0, ...own, kind };
  const states = given.get('states') ?? null;
  if (states !== null && states !== 'before' && states !== 'after')
    throw wrong(place, 'states', states, '"before" or "after"');
  const step = given.has('step') ? numberAt(given, 'step', place) : null;
  return { settings, step, states, groups: groupsOf(given.get('groups'), settings, place) };
}

/** What holds for one parameter. */
export function settingsFor({ settings, groups }: DeclaredOptimizer, parameter: string): OptimizerSettings {
  const fitting = groups.filter(({ parameters }) => parameters.some((glob) => globTest(glob)(parameter)));
  return { ...settings, ...fitting.at(-1)?.settings };
}

/** An optimiser in words: `Adam, learning rate 0.001, β 0.9 and 0.999, ε 1e-8`. */
export function optimizerText({
  kind,
  learningRate,
  momentum,
  nesterov,
  dampening,
  betas,
  epsilon,
  decay,
}: OptimizerSettings): string {
  const number = (x: number): string => String(Number(x.toPrecision(6)));
  const parts = [`${TITLES[kind]}, learning rate ${number(learningRate)}`];
  if (momentum !== 0) parts.push(`${nesterov ? 'Nesterov’s ' : ''}momentum ${number(momentum)}`);
  if (dampening !== 0) parts.push(`dampening ${number(dampening)}`);
  if (kind === 'adam' || kind === 'adamw') parts.push(`β ${number(betas[0])} and ${number(betas[1])}`);
  if (kind === 'rmsprop') parts.push(`α ${number(betas[1])}`);
  if (kind !== 'sgd') parts.push(`ε ${number(epsilon)}`);
  if (decay !== 0) parts.push(`weight decay ${number(decay)}`);
  return parts.join(', ');
}

const TITLES: Readonly<Record<OptimizerKind, string>> = {
  sgd: 'SGD',
  adam: 'Adam',
  adamw: 'AdamW',
  rmsprop: 'RMSprop',
  adagrad: 'Adagrad',
};

/** `adam,lr=0.001` or JSON. */
function fromText(text: string, place: string): unknown {
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new LayerdiffError('E_OPTION', place, `it is not JSON: ${text.slice(0, 80)}`, REMEDY, { cause });
    }
  }
  const [algorithm, ...rest] = text.split(',');
  const pairs = rest.map((part) => {
    const [key = '', value = 'true'] = part.split('=');
    const number = Number(value);
    return [key.trim(), value === 'true' ? true : value === 'false' ? false : Number.isNaN(number) ? value : number];
  });
  return { algorithm, ...Object.fromEntries(pairs) };
}

function keyed(found: unknown, place: string): ReadonlyMap<string, unknown> {
  if (typeof found !== 'object' || found === null || Array.isArray(found))
    throw new LayerdiffError('E_OPTION', place, 'the optimiser is no object', REMEDY);
  const known = new Map(Object.entries(NAMES).flatMap(([key, others]) => [key, ...others].map((name) => [name, key])));
  return new Map(
    Object.entries(found).map(([name, value]) => {
      const key = known.get(name);
      if (key !== undefined) return [key, value];
      const near = closest(name, [...known.keys()]);
      const remedy = near === null ? `Known keys: ${Object.keys(NAMES).join(', ')}.` : `Did you mean "${near}"?`;
      throw new LayerdiffError('E_OPTION', place, `an optimiser has no "${name}"`, remedy);
    }),
  );
}

function settingsOf(given: ReadonlyMap<string, unknown>, place: string, betas: readonly [number, number]) {
  const found: Record<string, unknown> = {};
  for (const [key, setting] of [
    ['learningRate', 'learningRate'],
    ['momentum', 'momentum'],
    ['dampening', 'dampening'],
    ['epsilon', 'epsilon'],
    ['weightDecay', 'decay'],
    ['initialAccumulator', 'initialAccumulator'],
  ] as const)
    if (given.has(key)) found[setting] = numberAt(given, key, place);
  for (const key of ['nesterov', 'centered']) {
    const value = given.get(key);
    if (value !== undefined && typeof value !== 'boolean') throw wrong(place, key, value, 'true or false');
    if (value !== undefined) found[key] = value;
  }
  const both = given.get('betas');
  if (both !== undefined) {
    if (!Array.isArray(both) || both.length !== 2 || !both.every((b) => typeof b === 'number'))
      throw wrong(place, 'betas', both, 'two numbers');
    found['betas'] = both;
  } else if (given.has('beta1') || given.has('beta2')) {
    found['betas'] = [numberAt(given, 'beta1', place, betas[0]), numberAt(given, 'beta2', place, betas[1])];
  }
  return found as Partial<OptimizerSettings>;
}

function groupsOf(found: unknown, { betas }: OptimizerSettings, place: string): readonly OptimizerGroup[] {
  if (found === undefined) return [];
  if (!Array.isArray(found))
    throw wrong(place, 'groups', found, 'a list of {"parameters": ["*.bias"], "weightDecay": 0}');
  return found.map((each: unknown, i) => {
    const at = `${place}, groups[${i}]`;
    const { parameters, ...rest } = (typeof each === 'object' && each !== null ? each : {}) as Record<string, unknown>;
    const globs = typeof parameters === 'string' ? [parameters] : parameters;
    if (!Array.isArray(globs) || !globs.every((glob) => typeof glob === 'string'))
      throw wrong(at, 'parameters', parameters, 'a list of names or globs');
    return { parameters: globs, settings: settingsOf(keyed(rest, at), at, betas) };
  });
}

function numberAt(given: ReadonlyMap<string, unknown>, key: string, place: string, otherwise?: number): number {
  const value = given.get(key) ?? otherwise;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw wrong(place, key, value, 'a number');
}

function wrong(place: string, key: string, found: unknown, wanted: string): LayerdiffError {
  const shown = found === undefined ? 'missing' : JSON.stringify(found).slice(0, 40);
  return new LayerdiffError('E_OPTION', place, `the optimiser's "${key}" is ${shown}, not ${wanted}`, REMEDY);
}
