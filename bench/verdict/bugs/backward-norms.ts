import { type Bug, times } from '../bug.ts';
import * as w from '../layers.ts';
import type { Var } from '../tape.ts';
import { bug, truth, inputs, layer, detached } from './_backward.ts';

const withStatistics =
  (options: { mean?: boolean; variance?: boolean }): w.Written =>
  (t, x, scale, bias) => {
    const n = t.constant(x.shape.at(-1)!);
    const keep = (v: Var, kept: boolean | undefined): Var => (kept === false ? detached(t, v) : v);
    const centred = t.sub(x, keep(t.div(t.sumLast(x, 1), n), options.mean));
    const variance = t.div(t.sumLast(t.mul(centred, centred), 1), n);
    const deviation = t.unary(t.add(keep(variance, options.variance), t.constant(1e-5)), Math.sqrt, (_, y) => 0.5 / y);
    return t.add(t.mul(t.div(centred, deviation), scale!), bias!);
  };
const layerNorm = 'LayerNormalization mean 0';
/** Norms, backward. */
export const backwardNorms: readonly Bug[] = [
  bug(
    layerNorm,
    'x0',
    'layer norm: statistics taken for constants',
    layer(withStatistics({ mean: false, variance: false })),
  ),
  bug(layerNorm, 'x0', 'layer norm: term of the mean missing', layer(withStatistics({ mean: false }))),
  bug(layerNorm, 'x0', 'layer norm: term of the variance missing', layer(withStatistics({ variance: false }))),
  bug(
    layerNorm,
    'x0',
    'layer norm: scale missing',
    inputs((k) => ({ x1: k.x(1).fill(1) })),
  ),
  bug(layerNorm, 'x0', 'layer norm: epsilon 1e-3', layer(w.layerNorm(1e-3))),
  bug(layerNorm, 'x1', 'layer norm: input not normalised', (k) =>
    k.truth.map((_, j) => k.dy.reduce((s, v, i) => (i % 67 === j ? s + v * k.x(0)[i]! : s), 0)),
  ),
  bug(layerNorm, 'x2', 'layer norm: shift of the last row', (k) => k.dy.slice(-67)),
  bug(
    'BatchNormalization mean 0',
    'x0',
    'batch norm: scale missing',
    inputs((k) => ({ x1: k.x(1).fill(1) })),
  ),
  bug(
    'BatchNormalization mean 0',
    'x0',
    'batch norm: divided by the variance',
    inputs((k) => ({ x4: k.x(4).map((v) => v * v) })),
  ),
  bug(
    'BatchNormalization mean 100',
    'x1',
    'batch norm: mean not subtracted',
    inputs((k) => ({ x3: k.x(3).fill(0) })),
  ),
  bug(
    'BatchNormalization mean 0',
    'x2',
    'batch norm: shift averaged',
    truth((g) => times(g, 1 / 231)),
  ),
  bug(
    'GroupNormalization mean 0',
    'x0',
    'group norm: statistics of all channels',
    layer((t, x, s, b) => w.groupNorm(1e-5, 1)(t, x, s!, b!)),
  ),
  bug(
    'InstanceNormalization mean 0',
    'x0',
    'instance norm: statistics of all channels',
    layer((t, x, s, b) => w.groupNorm(1e-5, 1)(t, x, s!, b!)),
  ),
  bug(
    'RMSNormalization mean 0',
    'x0',
    'rms norm: root taken for a constant',
    layer((t, x, s) => {
      const square = t.div(t.sumLast(t.mul(x, x), 1), t.constant(67));
      const root = t.unary(t.add(square, t.constant(1e-5)), Math.sqrt, (_, y) => 0.5 / y);
      return t.mul(t.div(x, detached(t, root)), s!);
    }),
  ),
];
