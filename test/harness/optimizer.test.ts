import { describe, expect, it } from '@jest/globals';
import { judgeUpdates } from '../../harness/diagnosis/optimizer.ts';
import type { RecordedStep } from '../../harness/diagnosis/optimizer-input.ts';
import { OPTIMIZER_DEFAULTS } from '../../harness/optimizer.ts';
import type { OptimizerSettings } from '../../harness/types/optimizer.ts';
import { fromNumbers, sourceOf, toNumbers } from '../../harness/tensor.ts';
import { normal } from '../support/diagnosis-kit.ts';

const shape = [7, 5];
const [w, g, m, v] = [1, 2, 3, 4].map((seed) => toNumbers(normal(shape, seed, 0.3)));
const squares = v!.map((x) => x * x * 0.01 + 1e-12);
const source = (data: Float64Array) => sourceOf(fromNumbers('float32', shape, data));

/** A step as recorded: the update is the difference of two float32 parameters. */
function recorded(
  iteration: number,
  update: (i: number) => number,
  slots: readonly [string, Float64Array][] = [],
): RecordedStep {
  const after = w!.map((x, i) => Math.fround(x + update(i)));
  return {
    parameters: new Map([['w', source(w!)]]),
    gradients: new Map([['w', source(g!)]]),
    updates: new Map([['w', source(after.map((x, i) => x - w![i]!))]]),
    states: new Map(slots.map(([slot, data]) => [`w/${slot}`, source(data)] as const)),
    step: iteration + 1,
  };
}

const moments: readonly [string, Float64Array][] = [
  ['exp_avg', m!.map((x) => x * 0.1)],
  ['exp_avg_sq', squares],
];

interface Written {
  readonly b1?: number;
  readonly b2?: number;
  readonly t?: number;
  readonly corrects?: boolean;
  readonly epsilon?: number;
  readonly l2?: number;
  readonly decoupled?: number;
}

/** Adam by hand, at step 3 (iteration 2). */
const adam =
  ({ b1 = 0.9, b2 = 0.999, t = 3, corrects = true, epsilon = 1e-8, l2 = 0, decoupled = 0 }: Written) =>
  (i: number): number => {
    const d = g![i]! + l2 * w![i]!;
    const first = b1 * Math.fround(m![i]! * 0.1) + (1 - b1) * d;
    const second = b2 * Math.fround(squares[i]!) + (1 - b2) * d * d;
    const [c1, c2] = corrects ? [1 - b1 ** t, 1 - b2 ** t] : [1, 1];
    return -0.05 * (first / c1 / (Math.sqrt(second / c2) + epsilon) + decoupled * w![i]!);
  };

const settings = (kind: OptimizerSettings['kind'], more: Partial<OptimizerSettings> = {}): OptimizerSettings => ({
  ...OPTIMIZER_DEFAULTS,
  kind,
  learningRate: 0.05,
  ...more,
});

/** The findings with these settings declared for all parameters. */
function diagnoseUpdates(run: RecordedStep, declared: OptimizerSettings) {
  const judged = judgeUpdates(run, { settings: declared, step: null, states: 'before', groups: [] });
  return {
    faulty: judged.flatMap(({ site }) => (site === null ? [] : [site])),
    skipped: new Map(judged.flatMap(({ name, reason }) => (reason === null ? [] : [[name, reason] as const]))),
  };
}

describe('an update', () => {
  it('that is right is no finding', () => {
    const { faulty, skipped } = diagnoseUpdates(recorded(2, adam({}), moments), settings('adam'));
    expect(faulty).toEqual([]);
    expect(skipped.size).toBe(0);
  });
  it('whose state was not recorded is skipped, and said so', () => {
    const { faulty, skipped } = diagnoseUpdates(recorded(2, adam({})), settings('adam'));
    expect(faulty).toEqual([]);
    expect(skipped.get('w')).toContain('exp_avg');
  });
  const decayed = { decay: 0.2 };
  const table: readonly [string, string, Written, OptimizerSettings][] = [
    ['optimizer.bias-correction', 'neither moment', { corrects: false }, settings('adam')],
    ['optimizer.betas-swapped', 'swapped', { b1: 0.999, b2: 0.9 }, settings('adam')],
    ['optimizer.step-count', 'counts 4', { t: 4 }, settings('adam')],
    ['optimizer.epsilon', '0.001', { epsilon: 1e-3 }, settings('adam')],
    ['optimizer.decay-coupled', 'added to the gradient', { l2: 0.2 }, settings('adamw', decayed)],
    ['optimizer.decay-coupled', 'decoupled', { decoupled: 0.2 }, settings('adam', decayed)],
    ['optimizer.decay-scope', 'not decayed', {}, settings('adamw', decayed)],
    ['optimizer.decay-scope', 'decayed by 0.1', { decoupled: 0.1 }, settings('adamw')],
  ];
  for (const [cause, claim, wrong, declared] of table) {
    it(`is named ${cause} (${claim}) where ${declared.kind} has that bug`, () => {
      const [site] = diagnoseUpdates(recorded(2, adam(wrong), moments), declared).faulty;
      expect(site?.cause?.id).toBe(cause);
      expect(site?.cause?.claim).toContain(claim);
    });
  }
  const velocity: readonly [string, Float64Array][] = [['momentum_buffer', m!]];
  const heavy = settings('sgd', { momentum: 0.8 });
  const sgd: readonly [string, (i: number) => number][] = [
    ['optimizer.sign', (i) => 0.05 * (0.8 * Math.fround(m![i]!) + g![i]!)],
    ['optimizer.momentum', (i) => -0.05 * (g![i]! + 0.8 * (0.8 * Math.fround(m![i]!) + g![i]!))],
    ['optimizer.parameter-frozen', () => 0],
    ['optimizer.learning-rate', (i) => -0.02 * (0.8 * Math.fround(m![i]!) + g![i]!)],
  ];
  for (const [cause, update] of sgd) {
    it(`is named ${cause} where SGD with momentum has that bug`, () => {
      expect(diagnoseUpdates(recorded(2, update, velocity), heavy).faulty[0]?.cause?.id).toBe(cause);
    });
  }
  it('is given no cause where it is something else', () => {
    const [site] = diagnoseUpdates(
      recorded(2, (i) => adam({})(i) * (1 + 0.3 * Math.sin(5 * i)), moments),
      settings('adam'),
    ).faulty;
    expect(site?.cause).toBeNull();
  });
});
