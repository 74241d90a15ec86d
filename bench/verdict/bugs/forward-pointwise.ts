import { type Bug, rolled, times } from '../bug.ts';
import { float } from '../cases.ts';
import { bug, inputs, attributes, op } from './_forward.ts';

const A = Math.fround(0.044715);
const geluTanh = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + A * x ** 3)));
const map =
  (g: (x: number) => number): Bug['make'] =>
  (k) =>
    k.x(0).map(g);
/** Pointwise, forward. */
export const forwardPointwise: readonly Bug[] = [
  bug('Gelu', 'gelu by tanh', map(geluTanh)),
  bug(
    'Gelu',
    'gelu by sigmoid',
    map((x) => x / (1 + Math.exp(-1.702 * x))),
  ),
  bug('Gelu', 'gelu without ½', (k) => times(k.truth, 2)),
  bug(
    'Erf',
    'erf with three terms',
    map((x) => {
      const t = 1 / (1 + 0.47047 * Math.abs(x));
      return Math.sign(x) * (1 - t * (0.3480242 + t * (-0.0958798 + t * 0.7478556)) * Math.exp(-x * x));
    }),
  ),
  bug('LeakyRelu', 'leaky relu: slope 0.02', attributes({ alpha: float(0.02) })),
  bug('LeakyRelu', 'leaky relu: slope 0.3', attributes({ alpha: float(0.3) })),
  bug(
    'Relu',
    'relu missing',
    map((x) => x),
  ),
  bug('Relu', 'relu: absolute value', map(Math.abs)),
  bug('Elu', 'elu: alpha 1.05', attributes({ alpha: float(1.05) })),
  bug(
    'Sigmoid',
    'hard sigmoid',
    map((x) => Math.min(1, Math.max(0, 0.2 * x + 0.5))),
  ),
  bug(
    'Sigmoid',
    'sigmoid: x multiplied',
    map((x) => x / (1 + Math.exp(-x))),
  ),
  bug(
    'Tanh',
    'tanh by its series',
    map((x) => x - x ** 3 / 3 + (2 * x ** 5) / 15),
  ),
  bug(
    'Tanh',
    'tanh rational',
    map((x) => (x * (27 + x * x)) / (27 + 9 * x * x)),
  ),
  bug(
    'Softplus tails',
    'softplus: relu instead',
    map((x) => Math.max(x, 0)),
  ),
  bug(
    'Exp',
    'exponential of base 2',
    map((x) => 2 ** x),
  ),
  bug(
    'Add broadcast',
    'bias broadcast a step off',
    inputs((k) => ({ x1: rolled(k.x(1), 1) })),
  ),
  bug('Add broadcast', 'subtracted, not added', op('Sub')),
  bug('Div', 'quotient truncated', (k) => k.truth.map(Math.trunc)),
  bug(
    'Div',
    'divided the other way round',
    inputs((k) => ({ x0: k.x(1), x1: k.x(0) })),
  ),
  bug('MaxPool', 'average instead of maximum', op('AveragePool')),
  bug('MaxPool', 'maximum against 0', (k) => k.truth.map((v) => Math.max(v, 0))),
  bug('AveragePool', 'pool summed', (k) => times(k.truth, 4)),
  bug('AveragePool', 'pool over 3 × 3 elements', (k) => times(k.truth, 4 / 9)),
  bug('GlobalAveragePool', 'global pool misses the last element', (k) =>
    k.truth.map((v, i) => v - k.x(0)[i * 196 + 195]! / 196),
  ),
  bug('GlobalAveragePool', 'global pool summed', (k) => times(k.truth, 196)),
  bug(
    'Gather',
    'row off by one',
    inputs((k) => ({ x1: k.x(1).map((v) => (v + 1) % 11) })),
  ),
];
