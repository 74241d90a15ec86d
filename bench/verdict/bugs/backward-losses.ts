import { type Bug, times } from '../bug.ts';
import * as w from '../layers.ts';
import { bug, truth, inputs, layer, slope, detached } from './_backward.ts';

const detachedSoftmax: w.Written = (t, x) => {
  const p = w.softmax(t, detached(t, x));
  return t.add(t.sub(p, detached(t, p)), t.mul(t.mul(p, t.sub(t.constant(1), p)), t.sub(x, detached(t, x))));
};
const ROW = 129;
/** Losses, backward. */
export const backwardLosses: readonly Bug[] = [
  bug('Softmax', 'x0', 'softmax: diagonal only', layer(detachedSoftmax)),
  bug(
    'Softmax',
    'x0',
    'softmax: passed through',
    slope(() => 1),
  ),
  bug(
    'LogSoftmax',
    'x0',
    'log softmax: passed through',
    slope(() => 1),
  ),
  bug('LogSoftmax', 'x0', 'log softmax: over the batch', (k) =>
    k.truth.map((_, i) => {
      let sum = 0;
      for (let r = 0; r < 7; r++) sum += k.dy[r * ROW + (i % ROW)]!;
      return k.dy[i]! - Math.exp(k.y[i]!) * sum;
    }),
  ),
  bug('CrossEntropy', 'x0', 'loss: target not subtracted', (k) =>
    k.truth.map((g, i) => g + (k.x(1)[Math.floor(i / 11)] === i % 11 ? k.dy[0]! / 5 : 0)),
  ),
  bug(
    'CrossEntropy',
    'x0',
    'loss: not divided by the batch',
    truth((g) => times(g, 5)),
  ),
  bug(
    'CrossEntropy',
    'x0',
    'loss: divided by the batch twice',
    truth((g) => times(g, 1 / 5)),
  ),
  bug('CrossEntropy', 'x0', 'loss: begins with 1', (k) => k.truth.map((g) => g / k.dy[0]!)),
  bug(
    'CrossEntropy',
    'x0',
    'loss: labels off by one',
    inputs((k) => ({ x1: k.x(1).map((v) => (v + 1) % 11) })),
  ),
  bug(
    'MeanSquare',
    'x0',
    'square loss: 2 missing',
    truth((g) => times(g, 0.5)),
  ),
  bug(
    'MeanSquare',
    'x1',
    'square loss: sign of the target',
    truth((g) => times(g, -1)),
  ),
  bug(
    'BinaryCrossEntropy',
    'x0',
    'binary loss: target not subtracted',
    inputs((k) => ({ x1: k.x(1).fill(0) })),
  ),
  bug('BinaryCrossEntropy', 'x0', 'binary loss: derivative of the sigmoid once more', (k) =>
    k.truth.map((g, i) => {
      const p = 1 / (1 + Math.exp(-k.x(0)[i]!));
      return g * p * (1 - p);
    }),
  ),
];
