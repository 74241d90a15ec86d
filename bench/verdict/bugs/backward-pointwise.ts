import { type Bug, times, zeroed } from '../bug.ts';
import { bug, truth, seeded, slope } from './_backward.ts';

/** Pointwise, backward. */
export const backwardPointwise: readonly Bug[] = [
  bug(
    'Relu',
    'x0',
    'mask missing',
    slope(() => 1),
  ),
  bug(
    'Relu',
    'x0',
    'mask inverted',
    slope((x) => (x > 0 ? 0 : 1)),
  ),
  bug(
    'Relu',
    'x0',
    'mask by the gradient',
    slope((_, __, dy) => (dy > 0 ? 1 : 0)),
  ),
  bug(
    'LeakyRelu',
    'x0',
    'slope left out',
    slope((x) => (x > 0 ? 1 : 0)),
  ),
  bug(
    'LeakyRelu',
    'x0',
    'slope twice',
    slope((x) => (x > 0 ? 1 : 1e-4)),
  ),
  bug(
    'Sigmoid',
    'x0',
    'derivative of the input',
    slope((x) => x * (1 - x)),
  ),
  bug(
    'Sigmoid',
    'x0',
    'factor 1 − y missing',
    slope((_, y) => y),
  ),
  bug(
    'Sigmoid',
    'x0',
    'derivative missing',
    slope(() => 1),
  ),
  bug(
    'Tanh',
    'x0',
    '1 − y',
    slope((_, y) => 1 - y),
  ),
  bug(
    'Tanh',
    'x0',
    '1 − x²',
    slope((x) => 1 - x * x),
  ),
  bug(
    'Gelu',
    'x0',
    'of the tanh form',
    slope((x) => {
      const c = Math.sqrt(2 / Math.PI);
      const t = Math.tanh(c * (x + 0.044715 * x ** 3));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x);
    }),
  ),
  bug('Gelu', 'x0', 'term of the density missing', (k) => k.dy.map((dy, i) => (dy * k.y[i]!) / k.x(0)[i]!)),
  bug(
    'Elu',
    'x0',
    'negative side as relu',
    slope((x) => (x > 0 ? 1 : 0)),
  ),
  bug(
    'Softplus tails',
    'x0',
    'as relu',
    slope((x) => (x > 0 ? 1 : 0)),
  ),
  bug(
    'Exp',
    'x0',
    'passed through',
    slope(() => 1),
  ),
  bug(
    'Sqrt',
    'x0',
    '½ missing',
    slope((_, y) => 1 / y),
  ),
  bug(
    'Log',
    'x0',
    'of base 2',
    truth((g) => times(g, Math.LOG2E)),
  ),
  bug('Mul large', 'x0', 'by its own factor', (k) => k.dy.map((dy, i) => dy * k.x(0)[i]!)),
  bug(
    'Div',
    'x1',
    'sign of the quotient',
    truth((g) => times(g, -1)),
  ),
  bug('Div', 'x1', 'square of the divisor forgotten', (k) => k.truth.map((g, i) => g * k.x(1)[i]!)),
  bug('Add broadcast', 'x1', 'broadcast not summed', (k) => k.dy.slice(-7)),
  bug('Add broadcast', 'x1', 'summed over one axis only', (k) =>
    k.truth.map((_, j) => k.dy.reduce((s, v, i) => (i % 7 === j && i < 35 ? s + v : s), 0)),
  ),
  bug(
    'AveragePool',
    'x0',
    'not divided by the window',
    truth((g) => times(g, 4)),
  ),
  bug(
    'GlobalAveragePool',
    'x0',
    'not divided by the image',
    truth((g) => times(g, 196)),
  ),
  bug('MaxPool', 'x0', 'to all elements', (k) =>
    k.truth.map((_, i) => {
      const [q, p, plane] = [Math.floor((i % 10) / 2), Math.floor((Math.floor(i / 10) % 8) / 2), Math.floor(i / 80)];
      return k.dy[plane * 20 + p * 5 + q]!;
    }),
  ),
  bug('MaxPool', 'x0', 'spread evenly', (k) => k.edited({ op: 'AveragePool' })),
  bug(
    'Gather',
    'x0',
    'a row used twice overwritten',
    seeded((k) => zeroed(k.dy, (i) => i < 7 || (i >= 14 && i < 21))),
  ),
  bug(
    'ReduceMean 65536 mean 3',
    'x0',
    'not divided by the count',
    truth((g) => times(g, 65536)),
  ),
  bug('ReduceL2 16384', 'x0', 'norm not divided out', (k) => k.truth.map((g) => g * k.y[0]!)),
];
