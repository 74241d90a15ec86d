import { describe, expect, it } from '@jest/globals';
import { BUGS } from '../../bench/verdict/bugs/index.ts';
import { measureBugs, measureHonest } from '../../bench/verdict/measure.ts';
import { verdictPage } from '../../bench/verdict/page.ts';
import { PLANS } from '../../bench/verdict/plans.ts';

// A fast part of `npm run bench:verdict`, with a seed of its own: small cases of every family, forward and backward.
const SEED = 97;
const HONEST = [
  'MatMul K=64 positive',
  'MatMul one element',
  'Conv one element',
  'ReduceSum tiny',
  'CrossEntropy',
  'BinaryCrossEntropy',
  'Sigmoid tails',
  'Sigmoid one element',
  'Add cancelling',
  'Mul large',
  'Gather',
];
const BUGGY = [
  'Gemm',
  'MatMul K=64',
  'Conv 3x3',
  'LayerNormalization mean 0',
  'Softmax',
  'CrossEntropy',
  'Relu',
  'Gelu',
  'MaxPool',
];
const plansOf = (names: readonly string[]) =>
  names.map((name) => {
    const plan = PLANS.find((one) => one.name === name);
    if (plan === undefined) throw new Error(`no case "${name}"`);
    return plan;
  });

describe('the verdict', () => {
  it.each(plansOf(HONEST))('never calls a correct implementation of $name wrong', async (plan) => {
    const pairs = await measureHonest(plan, SEED);
    expect(pairs.length).toBeGreaterThanOrEqual(12);
    expect(new Set(pairs.map(({ row }) => row.direction)).size).toBe(2);
    expect(pairs.filter(({ row }) => row.verdict !== 'match')).toEqual([]);
  });

  it.each(plansOf(BUGGY))('sees every bug of $name that changes its numbers, and blames nothing else', async (plan) => {
    const mine = BUGS.filter((bug) => bug.plan === plan.name);
    expect(mine.length).toBeGreaterThan(0);
    const found = await measureBugs(plan, SEED, mine);
    const missed = found.filter(({ row }) => row.verdict !== 'mismatch').map(({ bug }) => bug.kind);
    expect(missed).toEqual(mine.filter(({ unseen }) => unseen !== undefined).map(({ kind }) => kind));
    expect(found.flatMap(({ blamed }) => blamed)).toEqual([]);
  });

  it('is tried on pairs that a constant tolerance calls wrong', async () => {
    const [plan] = plansOf(['LayerNormalization mean 1000']);
    const pairs = await measureHonest(plan as never, SEED);
    const refused = pairs.filter(({ others }) => others?.get('numpy allclose (rtol 1e-5, atol 1e-8)') === false);
    expect(refused.length).toBeGreaterThan(5);
    expect(pairs.filter(({ row }) => row.verdict !== 'match')).toEqual([]);
  });

  it('is measured on at least 90 kinds of bugs, each on a case that exists', () => {
    const names = new Set(PLANS.map(({ name }) => name));
    expect(new Set(BUGS.map(({ kind }) => kind)).size).toBe(BUGS.length);
    expect(BUGS.length).toBeGreaterThanOrEqual(90);
    expect(BUGS.filter(({ plan }) => !names.has(plan))).toEqual([]);
  });

  it('is reported with every false alarm and every miss by name', async () => {
    const [small, plan] = plansOf(['Mul one element', 'Softmax']);
    const pairs = await measureHonest(small as never, SEED);
    const bugs = await measureBugs(
      plan as never,
      SEED,
      BUGS.filter(({ plan: name }) => name === 'Softmax'),
    );
    const [first] = pairs as [(typeof pairs)[0]];
    const alarm = { ...first, subject: 'made up', row: { ...first.row, verdict: 'mismatch' as const } };
    const page = verdictPage({
      pairs: [...pairs, alarm],
      bugs,
      seeds: { correct: [SEED], bugs: [SEED] },
      versions: 'v',
    });
    expect(page).toContain(`${pairs.length + 1} pairs, 1 false alarms`);
    expect(page).toContain(`- Mul one element, seed ${SEED}, made up, forward y: mismatch`);
    expect(page).toContain('- softmax: no maximum subtracted (Softmax), 1×: ordinary logits do not overflow');
  });
});
