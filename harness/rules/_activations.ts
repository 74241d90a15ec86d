import type { Value } from '../types/oracle.ts';
import { type Draft, float, scalarLike } from './_draft.ts';

/** A function of one number that a layer may apply: in words, and as nodes on a tensor. */
export interface Activation {
  readonly name: string;
  build(draft: Draft, x: string, like: Value): string;
}

const op = (name: string, type: string, attributes: Readonly<Record<string, number>> = {}): Activation => ({
  name,
  build: (draft, x) =>
    draft.node(type, [x], Object.fromEntries(Object.entries(attributes).map(([k, v]) => [k, float(v)]))),
});

/** x · gate(scale·x). */
const gated = (name: string, scale: number, gate: (draft: Draft, x: string, like: Value) => string): Activation => ({
  name,
  build: (draft, x, like) => {
    const scaled = scale === 1 ? x : draft.node('Mul', [x, scalarLike(draft, like, scale)]);
    return draft.node('Mul', [x, gate(draft, scaled, like)]);
  },
});

const clipped = (name: string, low: number, high: number): Activation => ({
  name,
  build: (draft, x, like) =>
    draft.node('Min', [draft.node('Max', [x, scalarLike(draft, like, low)]), scalarLike(draft, like, high)]),
});

/** a · f(b · x). */
const stretched = (name: string, f: string, a: number, b: number): Activation => ({
  name,
  build: (draft, x, like) =>
    draft.node('Mul', [
      draft.node(f, [draft.node('Mul', [x, scalarLike(draft, like, b)])]),
      scalarLike(draft, like, a),
    ]),
});

const sigmoidOf = (draft: Draft, x: string): string => draft.node('Sigmoid', [x]);

/** ½x(1 + f(g(x))). */
const half = (name: string, inner: (draft: Draft, x: string, like: Value) => string): Activation => ({
  name,
  build: (draft, x, like) => {
    const one = draft.node('Add', [inner(draft, x, like), scalarLike(draft, like, 1)]);
    return draft.node('Mul', [draft.node('Mul', [x, scalarLike(draft, like, 0.5)]), one]);
  },
});

const bent = (draft: Draft, x: string, like: Value): string => {
  const cube = draft.node('Mul', [draft.node('Mul', [x, x]), x]);
  const sum = draft.node('Add', [x, draft.node('Mul', [cube, scalarLike(draft, like, 0.044715)])]);
  return draft.node('Tanh', [draft.node('Mul', [sum, scalarLike(draft, like, Math.sqrt(2 / Math.PI))])]);
};

const error = (draft: Draft, x: string, like: Value): string =>
  draft.node('Erf', [draft.node('Mul', [x, scalarLike(draft, like, Math.SQRT1_2)])]);

/** What networks are made of, and the usual approximations. */
export const ACTIVATIONS: readonly Activation[] = [
  { name: 'nothing (the activation is left out)', build: (draft, x) => draft.node('Identity', [x]) },
  op('ReLU', 'Relu'),
  clipped('ReLU6', 0, 6),
  clipped('ReLU capped at 1', 0, 1),
  ...[0.01, 0.1, 0.2, 0.3].map((alpha) => op(`leaky ReLU with slope ${alpha}`, 'LeakyRelu', { alpha })),
  op('ELU', 'Elu', { alpha: 1 }),
  op('SELU', 'Selu'),
  op('sigmoid', 'Sigmoid'),
  op('hard sigmoid (0.2·x + 0.5)', 'HardSigmoid', { alpha: 0.2, beta: 0.5 }),
  op('hard sigmoid (x/6 + 0.5)', 'HardSigmoid', { alpha: 1 / 6, beta: 0.5 }),
  op('hard sigmoid (x/4 + 0.5)', 'HardSigmoid', { alpha: 0.25, beta: 0.5 }),
  op('tanh', 'Tanh'),
  clipped('hard tanh', -1, 1),
  stretched('scaled tanh (1.7159·tanh(2x/3))', 'Tanh', 1.7159, 2 / 3),
  op('softsign', 'Softsign'),
  op('softplus', 'Softplus'),
  op('absolute value', 'Abs'),
  op('exponential', 'Exp'),
  half('GELU by the error function', error),
  half('GELU by tanh', bent),
  gated('GELU by sigmoid (x·σ(1.702x))', 1.702, sigmoidOf),
  gated('SiLU (x·σ(x))', 1, sigmoidOf),
  gated('hard swish', 1, (draft, x) => draft.node('HardSigmoid', [x], { alpha: float(1 / 6), beta: float(0.5) })),
  gated('Mish', 1, (draft, x) => draft.node('Tanh', [draft.node('Softplus', [x])])),
  gated('squared ReLU', 1, (draft, x) => draft.node('Relu', [x])),
  { name: 'square', build: (draft, x) => draft.node('Mul', [x, x]) },
  { name: 'the logarithm of the sigmoid', build: (draft, x) => draft.node('Log', [draft.node('Sigmoid', [x])]) },
  stretched('sigmoid of 2x', 'Sigmoid', 1, 2),
  half('tanh gate ½x(1 + tanh x)', (draft, x) => draft.node('Tanh', [x])),
];

/** Leaky ReLU with a slope, as nodes that need no version of their own. */
export const leaky = (alpha: number): Activation => op('leaky ReLU', 'LeakyRelu', { alpha });

/** Operators that are one activation each. */
export const ACTIVATION_OPS = [
  'Relu',
  'LeakyRelu',
  'PRelu',
  'ThresholdedRelu',
  'Elu',
  'Selu',
  'Celu',
  'Sigmoid',
  'HardSigmoid',
  'HardSwish',
  'Tanh',
  'Softsign',
  'Softplus',
  'Gelu',
  'FastGelu',
  'BiasGelu',
  'QuickGelu',
  'Mish',
  'Swish',
  'Clip',
] as const;
