import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { fromNumbers, int64, toNumbers } from '../../../harness/tensor.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { diagnose, filled, int, ints, normal, string } from '../../support/diagnosis-kit.ts';

const [N, C] = [7, 5];
const logits = normal([N, C], 1, 4);
const labels = int64([N], [3, 0, 4, 1, 2, 2, 0]);
const values = new Map([
  ['logits', logits],
  ['labels', labels],
]);

function crossEntropy(reduction: string) {
  const b = new GraphBuilder('loss', 17);
  b.input('logits', 'float32', [N, C]);
  b.input('labels', 'int64', [N]);
  b.output(b.node('SoftmaxCrossEntropyLoss', ['logits', 'labels'], { reduction: string(reduction) }, { name: 'loss' }));
  return b.graph();
}

const softmax = (row: readonly number[]): number[] => {
  const sum = row.reduce((s, x) => s + Math.exp(x), 0);
  return row.map((x) => Math.exp(x) / sum);
};

/** Losses of all examples, in plain loops. */
function losses(wrong: {
  readonly twice?: boolean;
  readonly label?: (label: number) => number;
  readonly probability?: (p: number) => number;
  readonly smoothing?: number;
  readonly log?: (x: number) => number;
}): number[] {
  const { twice = false, label = (k) => k, probability = (p) => p, smoothing = 0, log = Math.log } = wrong;
  const data = toNumbers(logits);
  return Array.from({ length: N }, (_, n) => {
    const once = softmax([...data.subarray(n * C, (n + 1) * C)]);
    const p = (twice ? softmax(once) : once).map(probability);
    const own = -log(p[label(Number(labels.data[n]))]!);
    const mean = p.reduce((s, each) => s - log(each), 0) / C;
    return (1 - smoothing) * own + smoothing * mean;
  });
}

const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
const scalar = (x: number): Tensor => fromNumbers('float32', [], [x]);

const BUGS: readonly [string, string, RegExp, number][] = [
  ['mean', 'loss.reduction', /summed/, sum(losses({}))],
  ['sum', 'loss.reduction', /averaged/, sum(losses({})) / N],
  ['mean', 'loss.reduction', /5 of axis 1/, sum(losses({})) / C],
  ['mean', 'loss.reduction', /35/, sum(losses({})) / (N * C)],
  ['mean', 'loss.double-softmax', /softmax/, sum(losses({ twice: true })) / N],
  ['mean', 'loss.label-shift', /k \+ 1/, sum(losses({ label: (k) => (k + 1) % C })) / N],
  ['mean', 'loss.log-base', /base 2/, sum(losses({ log: Math.log2 })) / N],
  ['mean', 'loss.log-base', /base 10/, sum(losses({ log: Math.log10 })) / N],
  ['mean', 'loss.clip', /0\.001/, sum(losses({ probability: (p) => Math.max(p, 1e-3) })) / N],
  ['mean', 'loss.clip', /increased by 0\.01/, sum(losses({ probability: (p) => p + 1e-2 })) / N],
  ['mean', 'loss.smoothing', /0\.1/, sum(losses({ smoothing: 0.1 })) / N],
];

describe('a loss', () => {
  for (const [reduction, cause, claim, loss] of BUGS) {
    it(`is named ${cause} (${claim.source}), model with ${reduction}`, () => {
      const site = diagnose({ graph: crossEntropy(reduction), values, tensor: 'loss_out', subject: scalar(loss) });
      expect(site.cause?.id).toBe(cause);
      expect(site.cause?.claim).toMatch(claim);
    });
  }
  it('is named loss.double-softmax example by example where it is not reduced', () => {
    const subject = fromNumbers('float32', [N], losses({ twice: true }));
    const site = diagnose({ graph: crossEntropy('none'), values, tensor: 'loss_out', subject });
    expect(site.cause?.id).toBe('loss.double-softmax');
  });
  it('is given no cause of its own for another number', () => {
    const site = diagnose({ graph: crossEntropy('mean'), values, tensor: 'loss_out', subject: scalar(0.123456) });
    expect(site.cause?.id ?? 'scale.constant').toBe('scale.constant');
  });
});

describe('a squared error written out', () => {
  const [a, b] = [normal([N, C], 2), normal([N, C], 3)];
  const given = new Map([
    ['a', a],
    ['b', b],
  ]);
  const make = (half: boolean) => {
    const g = new GraphBuilder('mse', 17);
    for (const name of ['a', 'b']) g.input(name, 'float32', [N, C]);
    g.initializer(
      'two',
      filled([], () => 2),
    );
    g.initializer(
      'half',
      filled([], () => 0.5),
    );
    const squared = g.node('Pow', [g.node('Sub', ['a', 'b']), 'two']);
    const weighed = half ? g.node('Mul', [squared, 'half']) : squared;
    g.output(g.node('ReduceMean', [weighed], { axes: ints(0, 1), keepdims: int(0) }, { name: 'loss' }));
    return g.graph();
  };
  const total = sum([...toNumbers(a)].map((x, i) => (x - (b.data[i] as number)) ** 2));
  const table: readonly [string, string, boolean, number][] = [
    ['loss.reduction', 'the sum', false, total],
    ['loss.reduction', 'the sum divided by the examples', false, total / N],
    ['loss.half-factor', 'halved', false, total / (N * C) / 2],
    ['loss.half-factor', 'not halved', true, total / (N * C)],
  ];
  for (const recorded of [undefined, []]) {
    for (const [cause, what, half, loss] of table) {
      it(`is named ${cause} where it is ${what}${recorded ? ', only its end recorded' : ''}`, () => {
        const scene = { graph: make(half), values: given, tensor: 'loss_out', subject: scalar(loss) };
        expect(diagnose({ ...scene, ...(recorded && { recorded }) }).cause?.id).toBe(cause);
      });
    }
  }
});
