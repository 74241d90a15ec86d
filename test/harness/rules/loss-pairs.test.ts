import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/index.ts';
import { fromNumbers, toNumbers } from '../../../harness/tensor.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { blame, type Pass } from '../../support/backward-scene.ts';
import { computed, diagnose, filled, int, normal } from '../../support/diagnosis-kit.ts';

const SHAPE = [3, 7];
const N = 21;
const scalar = (x: number): Tensor => fromNumbers('float32', [], [x]);

/** A layer, then a loss of pairs written out, recorded as one number. */
function graphOf(kind: 'probabilities' | 'logits' | 'squares', reduce = 'ReduceMean'): Graph {
  const b = new GraphBuilder(kind, 21);
  const [x, t] = [b.input('x', 'float32', SHAPE), b.input('t', 'float32', SHAPE)];
  const one = b.initializer('one', scalar(1));
  const named = (name: string) => ({ outputNames: [name] });
  const y = b.node({ probabilities: 'Sigmoid', logits: 'Elu', squares: 'Tanh' }[kind], [x], {}, named('y'));
  const flat = { keepdims: int(0) };
  if (kind === 'squares') {
    const d = b.node('Sub', [y, t]);
    b.output(b.node(reduce, [b.node('Mul', [d, d])], flat, named('loss')), 'float32', []);
    return b.graph();
  }
  const p = kind === 'logits' ? b.node('Sigmoid', [y]) : y;
  const hit = b.node('Mul', [t, b.node('Log', [p])]);
  const miss = b.node('Mul', [b.node('Sub', [one, t]), b.node('Log', [b.node('Sub', [one, p])])]);
  const sum = b.node(reduce, [b.node('Add', [hit, miss])], flat);
  b.output(b.node('Neg', [sum], {}, named('loss')), 'float32', []);
  return b.graph();
}

const values = new Map([
  ['x', normal(SHAPE, 11, 4)],
  ['t', filled(SHAPE, ([b, i]) => ((b! * 5 + i! * 3) % 11) / 10)],
]);
const target = toNumbers(values.get('t')!);
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** The loss of the pairs, by a formula of one. */
const mean = (y: Float64Array, of: (y: number, t: number) => number): number =>
  y.reduce((sum, each, i) => sum + of(each, target[i]!), 0) / N;

describe.each(['probabilities', 'logits'] as const)('binary cross-entropy of %s', (kind) => {
  const graph = graphOf(kind);
  const y = toNumbers(computed(graph, values, 'y'));
  const probability = kind === 'logits' ? sigmoid : (p: number) => p;
  const entropy = (p: number, t: number) => -t * Math.log(p) - (1 - t) * Math.log(1 - p);
  const told = (loss: number) =>
    diagnose({ graph, values, tensor: 'loss', recorded: ['y'], subject: scalar(loss) }).cause?.id ?? null;
  const of = (change: (p: number, t: number) => number) => mean(y, (each, t) => change(probability(each), t));
  const clip = (p: number) => Math.max(0.05, Math.min(0.95, p));
  const entropyOfLogits = (z: number, t: number) => Math.log1p(Math.exp(z)) - z * t;

  it.each([
    ['clipped', 'loss.clip', of((p, t) => entropy(clip(p), t))],
    ['with 1e-3 added', 'loss.clip', of((p, t) => -t * Math.log(p + 1e-3) - (1 - t) * Math.log(1 - p + 1e-3))],
    ['in bits', 'loss.log-base', of((p, t) => entropy(p, t) / Math.LN2)],
    ['of probabilities taken for logits', 'loss.double-softmax', of(entropyOfLogits)],
    ['of smoothed targets', 'loss.smoothing', of((p, t) => entropy(p, 0.9 * t + 0.05))],
    ['of exchanged classes', 'loss.label-shift', of((p, t) => entropy(p, 1 - t))],
    ['summed', 'loss.reduction', N * of(entropy)],
    ['of something else', null, of((p, t) => Math.abs(p - t) ** 1.7)],
  ])('%s is named %s', (_, cause, loss) => {
    expect(told(loss)).toBe(cause);
  });
});

describe('the way back of a loss of pairs', () => {
  const passOf = (kind: Parameters<typeof graphOf>[0], reduce?: string): Pass => ({
    graph: graphOf(kind, reduce),
    inputs: values,
    seeds: new Map(),
    loss: 'loss',
    recorded: ['y', 'loss'],
  });
  const wrong = (kind: Parameters<typeof graphOf>[0], of: (y: number, t: number) => number, reduce?: string) => {
    const pass = passOf(kind, reduce);
    const y = toNumbers(computed(pass.graph, values, 'y'));
    const site = blame(
      pass,
      'y',
      y.map((each, i) => of(each, target[i]!)),
      SHAPE,
    );
    return site.cause?.id ?? null;
  };
  it.each([
    ['probabilities', 'without the target', 'gradient.target-missing', (p: number) => 1 / (1 - p) / N],
    ['probabilities', 'in front of the sigmoid', 'gradient.derivative-wrong', (p: number, t: number) => (p - t) / N],
    ['probabilities', 'of one class alone', 'gradient.derivative-wrong', (p: number, t: number) => -t / p / N],
    ['probabilities', 'not averaged', 'loss.reduction', (p: number, t: number) => (p - t) / (p * (1 - p))],
    ['logits', 'without the target', 'gradient.target-missing', (z: number) => sigmoid(z) / N],
    ['logits', 'without the sigmoid', 'gradient.derivative-of-wrong-value', (z: number, t: number) => (z - t) / N],
    ['squares', 'without the target', 'gradient.target-missing', (y: number) => (2 * y) / N],
    ['squares', 'without its 2', 'loss.half-factor', (y: number, t: number) => (y - t) / N],
    ['squares', 'averaged over the batch alone', 'loss.reduction', (y: number, t: number) => (2 * (y - t)) / 3],
    ['squares', 'of another power', null, (y: number, t: number) => (y - t) ** 3 / N],
  ] as const)('of %s, %s, is named %s', (kind, _, cause, of) => {
    expect(wrong(kind, of)).toBe(cause);
  });
});
