import { floatAttribute, floatsAttribute, stringsAttribute } from '../../../harness/attributes.ts';
import { LayerdiffError } from '../../../harness/errors.ts';
import type { GradientContext } from '../rule.ts';
import type { TensorMath } from './_tensors.ts';

/** An activation applied once: its value, and what turns the value's gradient into the argument's. */
export interface Applied {
  readonly value: string;
  readonly pull: (d: string) => string;
}

export type Activation = (x: string) => Applied;

interface Kind {
  /** Defaults of activation_alpha and activation_beta; null where it takes one that has to be given; absent where it takes none. */
  readonly alpha?: number | null;
  readonly beta?: number | null;
  apply(math: TensorMath, x: string, alpha: number, beta: number): Applied;
}

/**
 * The activations of one direction of an LSTM, GRU or RNN. Alphas and betas are handed out in order to the functions that take
 * one, over all directions; `clip` limits the argument, and beyond it there is no gradient.
 * Affine, ScaledTanh and ThresholdedRelu must be given theirs: ONNX Runtime takes 0 where the standard says 1.
 *
 * @param defaults names for one direction, where the node has none
 */
export function activationsOf(
  context: GradientContext,
  math: TensorMath,
  defaults: readonly string[],
  direction: number,
): readonly Activation[] {
  const { attributes } = context;
  const given = stringsAttribute(attributes, 'activations');
  const names = given.length === 0 ? [...defaults, ...defaults] : given;
  const alphas = [...floatsAttribute(attributes, 'activation_alpha')];
  const betas = [...floatsAttribute(attributes, 'activation_beta')];
  const clip = floatAttribute(attributes, 'clip', 0);
  const all = names.map((name) => {
    const kind = KINDS.get(name.toLowerCase());
    if (kind === undefined) throw unknownActivation(context, name);
    const alpha = take(kind.alpha, alphas, () => missingParameter(context, name, 'activation_alpha'));
    const beta = take(kind.beta, betas, () => missingParameter(context, name, 'activation_beta'));
    const plain: Activation = (x) => kind.apply(math, x, alpha, beta);
    return plain;
  });
  const own = all.slice(direction * defaults.length, (direction + 1) * defaults.length);
  // The third of an LSTM acts on the cell, which ONNX Runtime does not clip.
  return clip > 0 ? own.map((plain, k) => (k === 2 ? plain : clipped(math, plain, clip))) : own;
}

function take(otherwise: number | null | undefined, given: number[], missing: () => LayerdiffError): number {
  if (otherwise === undefined) return 0;
  const found = given.shift() ?? otherwise;
  if (found === null) throw missing();
  return Math.fround(found);
}

function clipped(math: TensorMath, plain: Activation, clip: number): Activation {
  return (x) => {
    const { value, pull } = plain(math.emitter.emit('Clip', [x, math.name(-clip), math.name(clip)]));
    const inside = (): string => math.lessOrEqual(math.abs(x), clip);
    return { value, pull: (d) => math.where(inside(), pull(d), 0) };
  };
}

const times = (math: TensorMath, value: string, slope: () => string): Applied => ({
  value,
  pull: (d) => math.mul(d, slope()),
});

const gate = (math: TensorMath, value: string, open: () => string): Applied => ({
  value,
  pull: (d) => math.where(open(), d, 0),
});

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['relu', { apply: (m, x) => gate(m, m.emitter.emit('Relu', [x]), () => m.greater(x, 0)) }],
  ['affine', { alpha: null, beta: null, apply: (m, x, a, b) => times(m, m.add(m.mul(x, a), b), () => m.name(a)) }],
  ['tanh', { apply: (m, x) => tanh(m, m.tanh(x)) }],
  ['sigmoid', { apply: (m, x) => sigmoid(m, m.sigmoid(x)) }],
  ['scaledtanh', { alpha: null, beta: null, apply: (m, x, a, b) => scaledTanh(m, m.tanh(m.mul(x, b)), a, b) }],
  ['leakyrelu', { alpha: 0.01, apply: (m, x, a) => leaky(m, x, m.where(m.less(x, 0), a, 1)) }],
  [
    'thresholdedrelu',
    { alpha: null, apply: (m, x, a) => gate(m, m.where(m.greater(x, a), x, 0), () => m.greater(x, a)) },
  ],
  ['hardsigmoid', { alpha: 0.2, beta: 0.5, apply: (m, x, a, b) => hardSigmoid(m, m.add(m.mul(x, a), b), a) }],
  ['elu', { alpha: 1, apply: (m, x, a) => elu(m, x, m.mul(m.exp(m.emitter.emit('Min', [x, m.name(0)])), a), a) }],
  ['softsign', { apply: (m, x) => softsign(m, x, m.add(m.abs(x), 1)) }],
  ['softplus', { apply: (m, x) => times(m, softplus(m, x), () => m.sigmoid(x)) }],
]);

const tanh = (m: TensorMath, y: string): Applied => times(m, y, () => m.sub(1, m.mul(y, y)));
const sigmoid = (m: TensorMath, y: string): Applied => times(m, y, () => m.mul(y, m.sub(1, y)));
const leaky = (m: TensorMath, x: string, slope: string): Applied => times(m, m.mul(x, slope), () => slope);
const scaledTanh = (m: TensorMath, t: string, a: number, b: number): Applied =>
  times(m, m.mul(t, a), () => m.mul(m.sub(1, m.mul(t, t)), a * b));
const softsign = (m: TensorMath, x: string, denominator: string): Applied =>
  times(m, m.div(x, denominator), () => m.div(1, m.mul(denominator, denominator)));

/** max(0, min(1, line)). */
const hardSigmoid = (m: TensorMath, line: string, a: number): Applied => ({
  value: m.emitter.emit('Clip', [line, m.name(0), m.name(1)]),
  pull: (d) => m.where(m.and(m.greater(line, 0), m.less(line, 1)), m.mul(d, a), 0),
});

/** `exponential` is α eˣ for x < 0, and α elsewhere. */
const elu = (m: TensorMath, x: string, exponential: string, a: number): Applied =>
  times(m, m.where(m.less(x, 0), m.sub(exponential, a), x), () => m.where(m.less(x, 0), exponential, 1));

/** log(1 + eˣ) without overflow. */
const softplus = (m: TensorMath, x: string): string =>
  m.add(m.emitter.emit('Max', [x, m.name(0)]), m.log(m.add(m.exp(m.neg(m.abs(x))), 1)));

function missingParameter(context: GradientContext, name: string, attribute: string): LayerdiffError {
  return new LayerdiffError(
    'E_NO_GRADIENT',
    context.node.name,
    `the activation ${name} is not given its ${attribute}, for which runtimes have different defaults`,
    `Write ${attribute} into the model.`,
  );
}

function unknownActivation(context: GradientContext, name: string): LayerdiffError {
  return new LayerdiffError(
    'E_NO_GRADIENT',
    context.node.name,
    `there is no gradient for the activation ${name}`,
    `Use one of ${[...KINDS.keys()].join(', ')}, or compare forward only.`,
  );
}
