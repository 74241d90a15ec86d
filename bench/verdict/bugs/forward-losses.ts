import { type Bug, times } from '../bug.ts';
import { int } from '../cases.ts';
import * as w from '../layers.ts';
import { bug, inputs, attributes, op, layer } from './_forward.ts';

const bare: w.Written = (t, x) => {
  const e = w.exp(t, x);
  return t.div(e, t.sumLast(e, 1));
};
const doubled: w.Written = (t, x) =>
  t.sub(t.constant(0), t.div(t.sumLast(w.logSoftmax(t, w.softmax(t, x)), 1), t.constant(11)));
/** Losses, forward. */
export const forwardLosses: readonly Bug[] = [
  bug('Softmax', 'softmax: no maximum subtracted', layer(bare), {
    why: 'ordinary logits do not overflow: the same numbers',
    same: true,
  }),
  bug('Softmax offset 1000', 'softmax: no maximum subtracted, large logits', layer(bare)),
  bug('Softmax', 'softmax: wrong axis', attributes({ axis: int(0) })),
  bug(
    'Softmax',
    'softmax: denominator loses the last',
    layer((t, x) => {
      const e = w.exp(t, x);
      const most = t.take(
        e,
        [7, 128],
        Array.from({ length: 896 }, (_, i) => Math.floor(i / 128) * 129 + (i % 128)),
      );
      return t.div(e, t.sumLast(most, 1));
    }),
  ),
  bug(
    'Softmax',
    'softmax: half the logits',
    inputs((k) => ({ x0: times(k.x(0), 0.5) })),
  ),
  bug(
    'Softmax',
    'softmax: base 2',
    inputs((k) => ({ x0: times(k.x(0), Math.LN2) })),
  ),
  bug('Softmax', 'softmax: sigmoid instead', op('Sigmoid')),
  bug('LogSoftmax', 'log softmax: softmax instead', op('Softmax')),
  bug('LogSoftmax', 'log softmax: 1e-7 inside the logarithm', (k) => k.truth.map((v) => Math.log(Math.exp(v) + 1e-7))),
  bug('CrossEntropy', 'loss summed', attributes({ reduction: { kind: 'string', value: 'sum' } })),
  bug(
    'CrossEntropy',
    'loss: softmax twice',
    layer((t, x) => t.reshape(t.take(doubled(t, x), [1], [0]), [])),
  ),
  bug(
    'CrossEntropy',
    'loss: labels off by one',
    inputs((k) => ({ x1: k.x(1).map((v) => (v + 1) % 11) })),
  ),
  bug('CrossEntropy', 'loss in bits', (k) => times(k.truth, Math.LOG2E)),
  bug('CrossEntropy', 'loss: labels smoothed', (k) => {
    const logs = k.written(w.logSoftmax);
    return k.truth.map((v) => 0.9 * v - (0.1 * logs.reduce((a, b) => a + b, 0)) / 55);
  }),
  bug('CrossEntropy', 'loss divided by the classes too', (k) => times(k.truth, 1 / 11)),
  bug('MeanSquare', 'square loss halved', (k) => times(k.truth, 0.5)),
  bug('MeanSquare', 'square loss summed', op('ReduceSum')),
  bug('MeanSquare', 'square loss a mean over the batch', (k) => times(k.truth, 31)),
  bug('MeanSquare', 'square loss: absolute', (k) => [
    k.x(0).reduce((s, v, i) => s + Math.abs(v - k.x(1)[i]!), 0) / 217,
  ]),
  bug(
    'BinaryCrossEntropy',
    'binary loss: target inverted',
    inputs((k) => ({ x1: k.x(1).map((v) => 1 - v) })),
  ),
  bug(
    'BinaryCrossEntropy',
    'binary loss: probabilities clipped at 1e-7',
    layer((t, x, y) => {
      const p = t.unary(
        x,
        (v) => Math.min(1 - 1e-7, Math.max(1e-7, 1 / (1 + Math.exp(-v)))),
        () => 0,
      );
      const q = t.sub(t.constant(1), p);
      const sum = t.add(t.mul(y!, w.log(t, p)), t.mul(t.sub(t.constant(1), y!), w.log(t, q)));
      return t.reshape(t.sub(t.constant(0), w.mean(t, sum)), []);
    }),
    { why: 'no probability lies beyond the clip: the same numbers', same: true },
  ),
  bug('ReduceMean 65536 mean 3', 'mean over n − 1', (k) => times(k.truth, 65536 / 65535), {
    why: 'one part in 65,535 is less than an honest sequential sum of 65,536 terms loses in float32',
    same: false,
  }),
  bug('ReduceSum 65536', 'last term of 65,536 lost', (k) => k.truth.map((v) => v - k.x(0)[65535]!)),
  bug('ReduceL2 16384', 'root forgotten', (k) => k.truth.map((v) => v * v)),
];
