import type { Bug } from '../bug.ts';
import { float, int } from '../cases.ts';
import * as w from '../layers.ts';
import type { Tape, Var } from '../tape.ts';
import { bug, inputs, attributes, layer } from './_forward.ts';

/** (x − mean) / deviation of the last axis, with the deviation made otherwise. */
const layerNormBy =
  (deviation: (t: Tape, variance: Var) => Var, count = 67): w.Written =>
  (t, x, scale, bias) => {
    const centred = t.sub(x, t.div(t.sumLast(x, 1), t.constant(67)));
    const variance = t.div(t.sumLast(t.mul(centred, centred), 1), t.constant(count));
    return t.add(t.mul(t.div(centred, deviation(t, variance)), scale!), bias!);
  };
const root = (t: Tape, x: Var): Var => t.unary(x, Math.sqrt, (_, y) => 0.5 / y);
const EPSILON = 1e-5;
const plus = (t: Tape, x: Var): Var => t.add(x, t.constant(EPSILON));
/** √(E[x²] − E[x]²): cancels where the mean is large. */
const inOnePass: w.Written = (t, x, scale, bias) => {
  const mean = t.div(t.sumLast(x, 1), t.constant(67));
  const variance = t.sub(t.div(t.sumLast(t.mul(x, x), 1), t.constant(67)), t.mul(mean, mean));
  return t.add(t.mul(t.div(t.sub(x, mean), root(t, plus(t, variance))), scale!), bias!);
};
const columnwise: w.Written = (t, x, scale, bias) => {
  const flipped = w.transposed(t, x);
  const one = t.variable([1], [1]);
  const none = t.variable([1], [0]);
  return t.add(t.mul(w.transposed(t, w.layerNorm(1e-5)(t, flipped, one, none)), scale!), bias!);
};

const norm = 'Normalization mean 0';
/** Norms, forward. */
export const forwardNorms: readonly Bug[] = [
  bug(`Layer${norm}`, 'layer norm: epsilon 1e-3', attributes({ epsilon: float(1e-3) })),
  bug(`Layer${norm}`, 'layer norm: epsilon 1e-6', attributes({ epsilon: float(1e-6) })),
  bug(`Layer${norm}`, 'layer norm: no epsilon', attributes({ epsilon: float(0) })),
  bug(
    'LayerNormalization tiny variance',
    'layer norm: epsilon 1e-12, small variance',
    attributes({ epsilon: float(1e-12) }),
  ),
  bug(`Layer${norm}`, 'layer norm: epsilon outside the root', layer(layerNormBy((t, v) => plus(t, root(t, v))))),
  bug(`Layer${norm}`, 'layer norm: divided by the variance', layer(layerNormBy(plus))),
  bug(`Layer${norm}`, 'layer norm: variance over n − 1', layer(layerNormBy((t, v) => root(t, plus(t, v)), 66))),
  bug(
    `Layer${norm}`,
    'layer norm: no scale',
    inputs((k) => ({ x1: k.x(1).fill(1) })),
  ),
  bug(
    `Layer${norm}`,
    'layer norm: no shift',
    inputs((k) => ({ x2: k.x(2).fill(0) })),
  ),
  bug(
    `Layer${norm}`,
    'layer norm: scale and shift exchanged',
    inputs((k) => ({ x1: k.x(2), x2: k.x(1) })),
  ),
  bug(
    `Layer${norm}`,
    'layer norm: mean not subtracted',
    layer((t, x, s, b) => t.add(w.rmsNorm(EPSILON)(t, x, s!), b!)),
  ),
  bug(`Layer${norm}`, 'layer norm: over the wrong axis', layer(columnwise)),
  bug('LayerNormalization mean 100', 'layer norm: E[x²] − E[x]²', layer(inOnePass)),
  bug(`Batch${norm}`, 'batch norm: epsilon 1e-3', attributes({ epsilon: float(1e-3) })),
  bug(`Batch${norm}`, 'batch norm: epsilon 1e-6', attributes({ epsilon: float(1e-6) })),
  bug(
    `Batch${norm}`,
    'batch norm: mean and variance exchanged',
    inputs((k) => ({ x3: k.x(4), x4: k.x(3).map(Math.abs) })),
  ),
  bug(
    `Batch${norm}`,
    'batch norm: no scale',
    inputs((k) => ({ x1: k.x(1).fill(1) })),
  ),
  bug(
    `Batch${norm}`,
    'batch norm: root forgotten',
    inputs((k) => ({ x4: k.x(4).map((v) => v * v) })),
  ),
  bug(
    `Batch${norm}`,
    'batch norm: mean not subtracted',
    inputs((k) => ({ x3: k.x(3).fill(0) })),
  ),
  bug(
    `Batch${norm}`,
    'batch norm: statistics of this batch',
    layer((t, x, s, b) => {
      const [N, C, H, W] = x.shape as [number, number, number, number];
      const plane = H * W;
      const by = Array.from(
        x.data,
        (_, i) => (Math.floor(i / plane) % N) * C * plane + Math.floor(i / (N * plane)) * plane + (i % plane),
      );
      const back = Array.from(
        x.data,
        (_, i) => (Math.floor(i / plane) % C) * N * plane + Math.floor(i / (C * plane)) * plane + (i % plane),
      );
      const folded = w.layerNorm(EPSILON)(t, t.take(x, [C, N * plane], by), t.variable([1], [1]), t.variable([1], [0]));
      const one = t.take(folded, x.shape, back);
      return t.add(t.mul(one, t.reshape(s!, [C, 1, 1])), t.reshape(b!, [C, 1, 1]));
    }),
  ),
  bug(`Group${norm}`, 'group norm: one group fewer', attributes({ num_groups: int(2) })),
  bug(`Group${norm}`, 'group norm: a group a channel', attributes({ num_groups: int(6) })),
  bug(`Group${norm}`, 'group norm: epsilon 1e-3', attributes({ epsilon: float(1e-3) })),
  bug(`Instance${norm}`, 'instance norm: epsilon 1e-3', attributes({ epsilon: float(1e-3) })),
  bug(
    `Instance${norm}`,
    'instance norm: statistics of all channels',
    layer((t, x, s, b) => w.groupNorm(EPSILON, 1)(t, x, s!, b!)),
  ),
  bug(
    `RMS${norm}`,
    'rms norm: mean subtracted',
    layer((t, x, s) => w.layerNorm(EPSILON)(t, x, s!, t.variable([1], [0]))),
  ),
  bug(`RMS${norm}`, 'rms norm: epsilon 1e-6', attributes({ epsilon: float(1e-6) })),
  bug(
    'RMSNormalization mean 0',
    'rms norm: no scale',
    inputs((k) => ({ x1: k.x(1).fill(1) })),
  ),
];
