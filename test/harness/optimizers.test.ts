import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Report } from '../../harness/types/report.ts';
import { type Bench, checked } from '../support/bench.ts';
import { type Recording, type Step, trained, withStep } from '../support/training.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await trained();
});

const found = (step: Step, recording: Recording, options = {}): Promise<Report> =>
  checked(bench, withStep(bench, step, recording), options);
const update = (report: Report) => report.backward.faulty.filter(({ direction }) => direction === 'update');
const causes = (report: Report) => update(report).map(({ tensor, cause }) => `${tensor} ${cause?.id}`);

interface Constants {
  readonly lr?: number;
  readonly mu?: number;
  readonly b1?: number;
  readonly b2?: number;
  readonly eps?: number;
  readonly wd?: number;
}

/** Written from the papers, in float64 with float32 state; independent of the harness. */
const WRITTEN: Readonly<
  Record<string, { slots: readonly [string, string]; declared: object; step: (c: Constants) => Step }>
> = {
  SGD: {
    slots: ['', ''],
    declared: { algorithm: 'sgd', learningRate: 0.1, weightDecay: 0.01 },
    step:
      ({ lr = 0.1, wd = 0.01 }) =>
      ({ w, g }) => ({ w: w - lr * (g + wd * w) }),
  },
  momentum: {
    slots: ['momentum_buffer', ''],
    declared: { algorithm: 'sgd', lr: 0.1, momentum: 0.9 },
    step:
      ({ lr = 0.1, mu = 0.9 }) =>
      ({ w, g, m }) => ({ m: mu * m + g, w: w - lr * (mu * m + g) }),
  },
  Nesterov: {
    slots: ['momentum_buffer', ''],
    declared: { algorithm: 'sgd', lr: 0.1, momentum: 0.9, nesterov: true },
    step:
      ({ lr = 0.1, mu = 0.9 }) =>
      ({ w, g, m }) => ({ m: mu * m + g, w: w - lr * (g + mu * (mu * m + g)) }),
  },
  Adam: {
    slots: ['exp_avg', 'exp_avg_sq'],
    declared: { algorithm: 'adam', lr: 0.01, betas: [0.9, 0.999], eps: 1e-8 },
    step:
      ({ lr = 0.01, b1 = 0.9, b2 = 0.999, eps = 1e-8 }) =>
      ({ w, g, m, v, t }) => {
        const [m1, v1] = [b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g];
        return { m: m1, v: v1, w: w - (lr * (m1 / (1 - b1 ** t))) / (Math.sqrt(v1 / (1 - b2 ** t)) + eps) };
      },
  },
  AdamW: {
    slots: ['exp_avg', 'exp_avg_sq'],
    declared: { algorithm: 'adamw', lr: 0.01, weight_decay: 0.1 },
    step:
      ({ lr = 0.01, b1 = 0.9, b2 = 0.999, eps = 1e-8, wd = 0.1 }) =>
      ({ w, g, m, v, t }) => {
        const [m1, v1] = [b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g];
        return {
          m: m1,
          v: v1,
          w: w * (1 - lr * wd) - (lr * (m1 / (1 - b1 ** t))) / (Math.sqrt(v1 / (1 - b2 ** t)) + eps),
        };
      },
  },
  RMSprop: {
    slots: ['', 'square_avg'],
    declared: { algorithm: 'rmsprop', lr: 0.01, alpha: 0.99 },
    step:
      ({ lr = 0.01, b2 = 0.99, eps = 1e-8 }) =>
      ({ w, g, v }) => {
        const v1 = b2 * v + (1 - b2) * g * g;
        return { v: v1, w: w - (lr * g) / (Math.sqrt(v1) + eps) };
      },
  },
  Adagrad: {
    slots: ['', 'sum'],
    declared: { algorithm: 'adagrad', lr: 0.01, eps: 1e-10 },
    step:
      ({ lr = 0.01, eps = 1e-10 }) =>
      ({ w, g, v }) => ({ v: v + g * g, w: w - (lr * g) / (Math.sqrt(v + g * g) + eps) }),
  },
};

const STEPS = [0, 2];

describe.each(Object.keys(WRITTEN))('%s', (name) => {
  const { slots, declared, step } = WRITTEN[name] as (typeof WRITTEN)[string];
  it.each(STEPS)('that is right matches, at iteration %i', async (iteration) => {
    const report = await found(step({}), { iteration, slots, optimizer: declared });
    expect(causes(report)).toEqual([]);
    expect(report.outcome).toBe('match');
    expect(report.updates?.map(({ verdict }) => verdict)).toEqual(['match', 'match', 'match', 'match']);
  });
  it('that is right matches where the state of after the step was recorded, and it is said', async () => {
    const report = await found(step({}), { iteration: 2, slots, states: 'after', optimizer: declared });
    expect(report.outcome).toBe('match');
    if (slots.join('') !== '') expect(report.notes.join(' ')).toContain('after the step');
  });
  it('that is right and not declared is inferred, and said to be', async () => {
    const report = await found(step({}), { iteration: 2, slots });
    expect(report.outcome).toBe('match');
    expect(report.updates?.every(({ inferred }) => inferred)).toBe(true);
    expect(report.notes.join(' ')).toContain('inferred from the numbers');
    const titles = { momentum: 'SGD', Nesterov: 'SGD' } as Record<string, string>;
    expect(report.updates?.[0]?.optimizer).toContain(titles[name] ?? name);
  });
  it('with another learning rate is found, and both rates are told', async () => {
    const lr = 0.035;
    const report = await found(step({ lr, wd: 0 }), {
      iteration: 2,
      slots,
      optimizer: { ...declared, weightDecay: 0 },
    });
    expect(causes(report)).toEqual(['w1', 'b1', 'w2', 'b2'].map((p) => `${p} optimizer.learning-rate`));
    expect(update(report)[0]?.cause?.claim).toContain('0.035');
  });
  it('that ascends is found', async () => {
    const wrong: Step = (e) => ({ w: 2 * e.w - step({ wd: 0 })(e).w });
    const report = await found(wrong, { iteration: 2, slots, optimizer: { ...declared, weightDecay: 0 } });
    expect(causes(report)).toEqual(['w1', 'b1', 'w2', 'b2'].map((p) => `${p} optimizer.sign`));
  });
  it('that forgets one parameter is found there, declared or not', async () => {
    const wrong: Step = (e) => (e.parameter === 'b1' ? { w: e.w } : step({})(e));
    expect(causes(await found(wrong, { iteration: 2, slots, optimizer: declared }))).toEqual([
      'b1 optimizer.parameter-frozen',
    ]);
    expect(causes(await found(wrong, { iteration: 2, slots }))).toEqual(['b1 optimizer.parameter-frozen']);
  });
  it('with a step that nothing explains is located without a cause', async () => {
    const wrong: Step = (e) => ({ w: e.w + 1e-3 * Math.sin(1e3 * e.w) + (step({})(e).w - e.w) });
    const report = await found(wrong, { iteration: 2, slots, optimizer: declared });
    expect(causes(report)).toEqual(['w1', 'b1', 'w2', 'b2'].map((p) => `${p} undefined`));
    expect(report.outcome).toBe('mismatch');
  });
  it('that is not declared and is nothing known is not a pass', async () => {
    const wrong: Step = (e) => ({ w: e.w + 1e-3 * Math.sin(1e3 * e.w) + (step({})(e).w - e.w) });
    const report = await found(wrong, { iteration: 2, slots });
    expect(report.outcome).toBe('inconclusive');
    expect(report.updates?.map(({ verdict }) => verdict)).toEqual(['unseen', 'unseen', 'unseen', 'unseen']);
  });
  if (slots.join('') === '') return;
  it('whose state was not recorded is not judged, and not a pass', async () => {
    const report = await found(step({}), { iteration: 2, slots, states: 'none', optimizer: declared });
    expect(report.outcome).toBe('inconclusive');
    expect(report.updates?.[0]?.reason).toContain('was not recorded');
  });
  it('whose state is made anew at each step is found at the second', async () => {
    const anew: Step = (e) => step({})({ ...e, m: 0, v: 0, t: 1 });
    expect((await found(anew, { iteration: 0, slots, optimizer: declared })).outcome).toBe('match');
    const second = await found(anew, { iteration: 1, slots, optimizer: declared });
    expect(new Set(update(second).map(({ cause }) => cause?.id))).toEqual(new Set(['optimizer.state-shared']));
  });
});

describe('an update', () => {
  const adam = WRITTEN['Adam'] as (typeof WRITTEN)[string];
  const adamw = WRITTEN['AdamW'] as (typeof WRITTEN)[string];
  const momentum = WRITTEN['momentum'] as (typeof WRITTEN)[string];
  const bare = (over: object) => ({ algorithm: 'adam', learningRate: 0.01, ...over });
  const uncorrected: Step = ({ w, g, m, v }) => ({
    w: w - (0.01 * (0.9 * m + 0.1 * g)) / (Math.sqrt(0.999 * v + 0.001 * g * g) + 1e-8),
  });
  const inside: Step = ({ w, g, m, v, t }) => {
    const [m1, v1] = [(0.9 * m + 0.1 * g) / (1 - 0.9 ** t), (0.999 * v + 0.001 * g * g) / (1 - 0.999 ** t)];
    return { w: w - (0.01 * m1) / Math.sqrt(v1 + 1e-8) };
  };
  const l2: Step = (e) => adam.step({})({ ...e, g: e.g + 0.1 * e.w });
  const biases: Step = (e) => ({ w: adamw.step({ wd: e.parameter.startsWith('b') ? 0.1 : 0 })(e).w });
  const rateInside: Step = ({ w, g, m }) => ({ w: w - (0.9 * m + 0.1 * g) });
  const table: readonly [string, string, number, Step, object, readonly [string, string]][] = [
    ['optimizer.bias-correction', 'Adam without correction', 0, uncorrected, bare({}), adam.slots],
    ['optimizer.bias-correction', 'Adam without correction', 2, uncorrected, bare({}), adam.slots],
    ['optimizer.betas-swapped', 'betas swapped', 2, adam.step({ b1: 0.999, b2: 0.9 }), bare({}), adam.slots],
    [
      'optimizer.step-count',
      'a counter one ahead',
      2,
      (e) => adam.step({})({ ...e, t: e.t + 1 }),
      bare({}),
      adam.slots,
    ],
    ['optimizer.epsilon', 'epsilon inside the root', 0, inside, bare({}), adam.slots],
    ['optimizer.epsilon', 'an epsilon of 3e-5', 2, adam.step({ eps: 3e-5 }), bare({}), adam.slots],
    ['optimizer.decay-coupled', 'AdamW as L2', 2, l2, { algorithm: 'adamw', lr: 0.01, weightDecay: 0.1 }, adam.slots],
    [
      'optimizer.momentum',
      'Nesterov for plain',
      2,
      (WRITTEN['Nesterov'] as (typeof WRITTEN)[string]).step({}),
      momentum.declared,
      momentum.slots,
    ],
    ['optimizer.momentum', 'the rate inside the velocity', 2, rateInside, momentum.declared, momentum.slots],
    ['optimizer.momentum', 'a momentum of 0.95', 2, momentum.step({ mu: 0.95 }), momentum.declared, momentum.slots],
  ];
  it.each(table)('is named %s for %s at iteration %i', async (cause, _what, iteration, step, optimizer, slots) => {
    const report = await found(step, { iteration, slots, optimizer });
    const named = update(report).map((site) => site.cause?.id);
    expect(named.length).toBeGreaterThan(0);
    expect(new Set(named)).toEqual(new Set([cause]));
    expect(report.backward.firstDivergence?.direction).toBe('update');
  });
  it('of a bias that is decayed though its group is not is named optimizer.decay-scope, and only there', async () => {
    const optimizer = { algorithm: 'adamw', lr: 0.01, weight_decay: 0 };
    expect(causes(await found(biases, { iteration: 2, slots: adam.slots, optimizer }))).toEqual([
      'b1 optimizer.decay-scope',
      'b2 optimizer.decay-scope',
    ]);
    const groups = [{ parameters: ['b*'], weightDecay: 0.1 }];
    expect(
      (await found(biases, { iteration: 2, slots: adam.slots, optimizer: { ...optimizer, groups } })).outcome,
    ).toBe('match');
  });
  it('is held against what the option says, before what the trace says', async () => {
    const recording = { iteration: 2, slots: adam.slots, optimizer: bare({ lr: 0.5 }) };
    const report = await found(
      adam.step({}),
      { ...recording, optimizer: { algorithm: 'adam', lr: 0.5 } },
      { optimizer: 'adam,lr=0.01' },
    );
    expect(report.outcome).toBe('match');
  });
  it('is held against an optimiser whose keys are right, or refused', async () => {
    const wrong = found(adam.step({}), { iteration: 0, slots: adam.slots }, { optimizer: 'adam,lerningRate=0.01' });
    await expect(wrong).rejects.toThrow(/learningRate/);
  });
});
