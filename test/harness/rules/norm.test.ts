import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { float, int, ints } from '../../../adapters/onnx/rule.ts';
import { float32, toNumbers } from '../../../harness/tensor.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { computed as computedBy, diagnose, normal } from '../../support/diagnosis-kit.ts';

/** A norm as a plain loop over groups of places, with a choice of bugs. */
interface Loop {
  /** Places that are normalised together. */
  readonly groups: readonly (readonly number[])[];
  readonly scale: (i: number) => number;
  readonly shift: (i: number) => number;
  readonly epsilon?: number;
  readonly divisor?: (variance: number, epsilon: number) => number;
  readonly unbiased?: boolean;
  readonly centred?: boolean;
  readonly statistics?: (group: number) => { mean: number; variance: number };
  readonly cancels?: boolean;
}

function run(x: Tensor, loop: Loop): Tensor {
  const { groups, scale, shift, epsilon = 1e-5, unbiased = false, centred = true } = loop;
  const divisor = loop.divisor ?? ((v, e) => Math.sqrt(v + e));
  const data = toNumbers(x);
  const y = new Float64Array(data.length);
  groups.forEach((places, g) => {
    const values = places.map((i) => data[i] as number);
    const n = values.length;
    let mean = centred ? values.reduce((a, b) => a + b, 0) / n : 0;
    let variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (unbiased ? n - 1 : n);
    if (loop.cancels === true) {
      let [s, q] = [0, 0];
      for (const v of values) {
        s = Math.fround(s + v);
        q = Math.fround(q + Math.fround(v * v));
      }
      const m = Math.fround(s / n);
      variance = Math.fround(Math.fround(q / n) - Math.fround(m * m));
    }
    if (loop.statistics !== undefined) ({ mean, variance } = loop.statistics(g));
    for (const [k, i] of places.entries()) {
      y[i] = scale(i) * (((values[k] as number) - mean) / divisor(variance, epsilon)) + shift(i);
    }
  });
  return float32(x.shape, y.map(Math.fround));
}

/** Places of a tensor whose `key` is the same. */
function grouped(size: number, key: (i: number) => number): number[][] {
  const groups: number[][] = [];
  for (let i = 0; i < size; i++) (groups[key(i)] ??= []).push(i);
  return groups;
}

const at = (tensor: Tensor, i: number): number => tensor.data[i] as number;

/** One kind of norm: its graph, and the loop that computes it rightly. */
interface Kind {
  readonly name: string;
  readonly graph: Graph;
  readonly x: Tensor;
  readonly right: Loop;
  readonly output: string;
}

const gamma = normal([7], 3, 0.5, 1.2);
const beta = normal([7], 4, 0.5, 0.1);
const [B, C, H, W] = [3, 6, 5, 2];
const gammaC = normal([C], 5, 0.5, 1.2);
const betaC = normal([C], 6, 0.5, 0.1);
const runningMean = normal([C], 7, 0.7);
const runningVar = float32([C], [0.5, 1.7, 0.9, 2.3, 1.1, 0.4]);

function layerNorm(): Kind {
  const b = new GraphBuilder('layer', 17);
  const x = normal([5, 3, 7], 1, 0.05, 0.02);
  b.input('x', 'float32', [5, 3, 7]);
  b.initializer('gamma', gamma);
  b.initializer('beta', beta);
  const y = b.node('LayerNormalization', ['x', 'gamma', 'beta'], { epsilon: float(1e-5) }, { name: 'ln' });
  b.output(y);
  const right = {
    groups: grouped(105, (i) => Math.floor(i / 7)),
    scale: (i: number) => at(gamma, i % 7),
    shift: (i: number) => at(beta, i % 7),
  };
  return { name: 'LayerNormalization', graph: b.graph(), x, right, output: y };
}

/** The same, as PyTorch exported it before opset 17. */
function writtenNorm(): Kind {
  const b = new GraphBuilder('written', 13);
  b.input('x', 'float32', [5, 3, 7]);
  b.initializer('gamma', gamma);
  b.initializer('beta', beta);
  b.initializer('two', float32([], [2]));
  b.initializer('epsilon', float32([], [1e-5]));
  const axes = { axes: ints([-1]) };
  const centred = b.node('Sub', ['x', b.node('ReduceMean', ['x'], axes)]);
  const variance = b.node('ReduceMean', [b.node('Pow', [centred, 'two'])], axes);
  const root = b.node('Sqrt', [b.node('Add', [variance, 'epsilon'])]);
  const y = b.node('Add', [b.node('Mul', [b.node('Div', [centred, root]), 'gamma']), 'beta'], {}, { name: 'end' });
  b.output(y);
  return { ...layerNorm(), name: 'a layer norm written out', graph: b.graph(), output: y };
}

function channelNorm(op: string, attributes: Parameters<GraphBuilder['node']>[2], key: (i: number) => number): Kind {
  const b = new GraphBuilder(op, 21);
  const x = normal([B, C, H, W], 2, 0.05, 0.03);
  b.input('x', 'float32', [B, C, H, W]);
  b.initializer('gamma', gammaC);
  b.initializer('beta', betaC);
  const y = b.node(op, ['x', 'gamma', 'beta'], attributes, { name: op });
  b.output(y);
  const channel = (i: number): number => Math.floor(i / (H * W)) % C;
  const right = {
    groups: grouped(B * C * H * W, key),
    scale: (i: number) => at(gammaC, channel(i)),
    shift: (i: number) => at(betaC, channel(i)),
  };
  return { name: op, graph: b.graph(), x, right, output: y };
}

const instanceNorm = (): Kind => channelNorm('InstanceNormalization', {}, (i) => Math.floor(i / (H * W)));
const groupNorm = (): Kind =>
  channelNorm('GroupNormalization', { num_groups: int(2) }, (i) => Math.floor(i / (H * W * 3)));

function batchNorm(training: boolean): Kind {
  const b = new GraphBuilder('batch', 15);
  const x = normal([B, C, H, W], 2, 0.3, 0.1);
  b.input('x', 'float32', [B, C, H, W]);
  b.initializer('gamma', gammaC);
  b.initializer('beta', betaC);
  b.initializer('mean', runningMean);
  b.initializer('var', runningVar);
  const inputs = ['x', 'gamma', 'beta', 'mean', 'var'];
  const names = training ? ['y', 'mean_out', 'var_out'] : ['y'];
  b.nodes('BatchNormalization', inputs, training ? { training_mode: int(1) } : {}, { name: 'bn', outputNames: names });
  b.output('y');
  const channel = (i: number): number => Math.floor(i / (H * W)) % C;
  const right: Loop = {
    groups: grouped(B * C * H * W, channel),
    scale: (i) => at(gammaC, channel(i)),
    shift: (i) => at(betaC, channel(i)),
    ...(training ? {} : { statistics: (g: number) => ({ mean: at(runningMean, g), variance: at(runningVar, g) }) }),
  };
  const name = `BatchNormalization in ${training ? 'training' : 'evaluation'}`;
  return { name, graph: b.graph(), x, right, output: 'y' };
}

function siteFor({ graph, x, output }: Kind, subject: Tensor, fused: boolean) {
  const inputs = new Map([['x', x]]);
  return diagnose({ graph, values: inputs, tensor: output, subject, ...(fused ? { recorded: [] } : {}) });
}

const computed = (): Kind[] => [layerNorm(), writtenNorm(), instanceNorm(), groupNorm(), batchNorm(true)];
const all = (): Kind[] => [...computed(), batchNorm(false)];

const BUGS: readonly { cause: string; claim: RegExp; kinds: () => Kind[]; bug: (right: Loop) => Partial<Loop> }[] = [
  { cause: 'norm.epsilon', claim: /0\.001/, kinds: all, bug: () => ({ epsilon: 1e-3 }) },
  {
    cause: 'norm.epsilon-outside-root',
    claim: /outside/,
    kinds: computed,
    bug: () => ({ divisor: (v, e) => Math.sqrt(v) + e }),
  },
  {
    cause: 'norm.variance-as-deviation',
    claim: /without the root/,
    kinds: all,
    bug: () => ({ divisor: (v, e) => v + e }),
  },
  { cause: 'norm.variance-unbiased', claim: /n − 1/, kinds: computed, bug: () => ({ unbiased: true }) },
  { cause: 'norm.mean-not-subtracted', claim: /root mean square/, kinds: computed, bug: () => ({ centred: false }) },
];

describe('a norm', () => {
  for (const { cause, claim, kinds, bug } of BUGS) {
    for (const kind of kinds()) {
      it(`is named ${cause} where ${kind.name} has that bug`, () => {
        const site = siteFor(kind, run(kind.x, { ...kind.right, ...bug(kind.right) }), true);
        expect(site.cause?.id).toBe(cause);
        expect(site.cause?.claim).toMatch(claim);
      });
    }
  }
  for (const kind of all()) {
    it(`tells a missing scale from a missing shift in ${kind.name}`, () => {
      const unscaled = siteFor(kind, run(kind.x, { ...kind.right, scale: () => 1 }), true);
      const unshifted = siteFor(kind, run(kind.x, { ...kind.right, shift: () => 0 }), true);
      expect(unscaled.cause).toMatchObject({ id: 'norm.affine-missing', claim: expect.stringContaining('"gamma"') });
      expect(unshifted.cause).toMatchObject({ id: 'norm.affine-missing', claim: expect.stringContaining('"beta"') });
    });
    it(`names nothing of ${kind.name} for numbers that no bug makes`, () => {
      const right = run(kind.x, kind.right);
      const noise = normal(right.shape, 99, 0.3);
      const other = float32(
        right.shape,
        toNumbers(right).map((v, i) => v + at(noise, i) * Math.sin(i)),
      );
      expect(siteFor(kind, other, true).cause).toBeNull();
    });
  }
  it('is named norm.affine-swapped where scale and shift are swapped', () => {
    const kind = groupNorm();
    const { scale, shift } = kind.right;
    const site = siteFor(kind, run(kind.x, { ...kind.right, scale: shift, shift: scale }), false);
    expect(site.cause?.id).toBe('norm.affine-swapped');
  });
  it('is named norm.statistics where the wrong statistics are used', () => {
    const evaluation = batchNorm(false);
    const training = batchNorm(true);
    expect(siteFor(evaluation, run(evaluation.x, training.right), false).cause?.id).toBe('norm.statistics');
    expect(siteFor(training, run(training.x, evaluation.right), false).cause?.id).toBe('norm.statistics');
  });
  it('is named norm.axis with the axes, or groups, that were used', () => {
    const layer = layerNorm();
    const wrong = { ...layer.right, groups: grouped(105, (i) => Math.floor(i / 21) * 7 + (i % 7)) };
    expect(siteFor(layer, run(layer.x, wrong), false).cause).toMatchObject({
      id: 'norm.axis',
      claim: expect.stringContaining('over axis 1'),
    });
    const group = groupNorm();
    const strided = (i: number): number => Math.floor(i / (C * H * W)) * 2 + (Math.floor(i / (H * W)) % 2);
    const dealt = { ...group.right, groups: grouped(B * C * H * W, strided) };
    expect(siteFor(group, run(group.x, dealt), false).cause).toMatchObject({
      id: 'norm.axis',
      claim: expect.stringContaining('2 groups of every 2th channel'),
    });
  });
  it('is named norm.cancellation where the variance is a difference of large squares in float32', () => {
    const kind = layerNorm();
    const x = normal([5, 3, 7], 8, 0.5, 30);
    const far = { ...kind, x };
    expect(siteFor(far, run(x, { ...kind.right, cancels: true }), false).cause?.id).toBe('norm.cancellation');
  });
  it('is not named norm.cancellation where nothing cancels', () => {
    const kind = layerNorm();
    const right = run(kind.x, kind.right);
    const jittered = float32(
      right.shape,
      toNumbers(right).map((v, i) => v * (1 + 1e-5 * Math.sin(Math.floor(i / 7)))),
    );
    expect(siteFor(kind, jittered, false).cause?.id).not.toBe('norm.cancellation');
  });
  it('is named norm.momentum where the running statistics are updated the other way round', () => {
    const kind = batchNorm(true);
    const values = new Map([['x', kind.x]]);
    const means = kind.right.groups.map((places) => places.reduce((sum, i) => sum + at(kind.x, i), 0) / places.length);
    const subject = float32(
      [C],
      means.map((mean, c) => 0.1 * at(runningMean, c) + 0.9 * mean),
    );
    const site = diagnose({ graph: kind.graph, values, tensor: 'mean_out', subject });
    expect(site.cause).toMatchObject({ id: 'norm.momentum', claim: expect.stringContaining('keeps 0.1') });
  });
  it('names both of two bugs in one layer', () => {
    const kind = layerNorm();
    const subject = run(kind.x, { ...kind.right, unbiased: true, shift: () => 0 });
    const ids = siteFor(kind, subject, false).candidates.map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set(['norm.affine-missing', 'norm.variance-unbiased']));
  });
});

describe('a norm written out and recorded step by step', () => {
  const kind = writtenNorm();
  const values = new Map([['x', kind.x]]);
  const outputOf = (op: string, nth = 0): string =>
    kind.graph.nodes.filter((node) => node.op === op)[nth]?.outputs[0] as string;
  const table: readonly [string, string, (right: Float64Array) => ArrayLike<number>][] = [
    ['norm.variance-unbiased', outputOf('ReduceMean', 1), (v) => v.map((x) => (x * 7) / 6)],
    ['norm.variance-as-deviation', outputOf('Sqrt'), (v) => v.map((x) => x * x)],
    ['norm.epsilon', outputOf('Add'), (v) => v.map((x) => x - 1e-5 + 1e-3)],
    ['norm.mean-not-subtracted', outputOf('Sub'), () => toNumbers(kind.x)],
    ['norm.affine-missing', outputOf('Add', 1), (v) => v.map((x, i) => x - at(beta, i % 7))],
  ];
  for (const [cause, tensor, bug] of table) {
    it(`is named ${cause} at the step that is wrong`, () => {
      const right = computedBy(kind.graph, values, tensor);
      const subject = float32(right.shape, Float64Array.from(bug(toNumbers(right))).map(Math.fround));
      expect(diagnose({ graph: kind.graph, values, tensor, subject }).cause?.id).toBe(cause);
    });
  }
});
