import { describe, expect, it } from '@jest/globals';
import { wire } from '../../../harness/graph.ts';
import { roundToBfloat16, roundToFloat16 } from '../../../harness/numerics/float16.ts';
import { judge, type JudgeContext, keyOf, measuresOf } from '../../../harness/stages/5-judge.ts';
import { float32, fromNumbers, sourceOf, toNumbers } from '../../../harness/tensor.ts';
import { parseTolerance } from '../../../harness/tolerances/index.ts';
import type { OracleAnswer, Value } from '../../../harness/types/oracle.ts';
import type { Pair } from '../../../harness/types/pair.ts';
import type { Measures } from '../../../harness/types/report.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import type { Direction } from '../../../harness/types/trace.ts';
import { random } from '../../support/random.ts';

const [NAN, INF] = [Number.NaN, Number.POSITIVE_INFINITY];
const SHAPE = [5, 7, 11];
const right = random(SHAPE, 1);

/** x → relu → a → neg → loss. */
function wiring() {
  const node = (name: string, op: string, input: string, output: string) =>
    ({ name, op, domain: '', inputs: [input], outputs: [output], attributes: {} }) as const;
  const info = (name: string) => ({ name, dtype: 'float32', shape: SHAPE }) as const;
  return wire({
    name: 'g',
    nodes: [node('relu', 'Relu', 'x', 'a'), node('neg', 'Neg', 'a', 'loss')],
    inputs: [info('x')],
    outputs: [info('loss')],
    initializers: new Map(),
    opset: new Map([['', 17]]),
  });
}

function pairOf(value: Tensor | null, gradient: Tensor | null = null): Pair {
  const source = (tensor: Tensor | null) => (tensor === null ? null : sourceOf(tensor));
  return {
    tensor: 'a',
    subjectName: 'mine',
    why: 'by name',
    confidence: 1,
    value: source(value),
    gradient: source(gradient),
  };
}

const contextWith = (more: Partial<JudgeContext> = {}): JudgeContext => ({
  wiring: wiring(),
  oracle: () => 'not asked for here',
  chained: new Map(),
  tolerance: () => parseTolerance('calibrated').tolerance,
  allowance: () => null,
  ...more,
});

const judged = (
  subject: Tensor,
  reference: Tensor,
  more: Partial<JudgeContext> = {},
  direction: Direction = 'forward',
) =>
  judge(
    { name: 'a', direction, tensor: reference },
    direction === 'forward' ? pairOf(subject) : pairOf(null, subject),
    contextWith(more),
  );

const changedBy = (tensor: Tensor, change: (x: number, i: number) => number): Tensor =>
  fromNumbers(tensor.dtype, tensor.shape, toNumbers(tensor).map(change));

const valueOf = (tensor: Tensor): Value =>
  ({ dtype: 'float32', shape: tensor.shape, data: toNumbers(tensor) }) as Value;

/** An oracle that finds the reference right, its float32 replay off by some units. */
const oracleOf = (truth: Tensor, noise: number, more: Partial<OracleAnswer> = {}): OracleAnswer => ({
  r64: valueOf(truth),
  n32: valueOf(changedBy(truth, (x, i) => x * (1 + noise * (i % 2 === 0 ? 1 : -1)))),
  slack: null,
  scale: 0,
  resample: () => [],
  rough: false,
  ...more,
});

describe('a judged tensor', () => {
  it('says which tensor it is, of which layer, and what was found', () => {
    const chained = { rms: 7 } as unknown as Measures;
    const both = new Map([
      [keyOf('a', 'forward'), chained],
      [keyOf('a', 'backward'), null as never],
    ]);
    const { row, suspect } = judged(right, right, { chained: both });
    expect(row).toMatchObject({
      tensor: 'a',
      subjectName: 'mine',
      direction: 'forward',
      layer: 'relu',
      op: 'Relu',
      verdict: 'match',
      band: 'same',
      chained,
      shape: SHAPE,
      dtype: 'float32',
      why: 'by name',
      excluded: 0,
      local: {
        rms: 0,
        maxAbs: 0,
        relL2: 0,
        ulpP99: 0,
        mismatched: 0,
        elements: 385,
        nonFinite: 0,
        worst: [],
      },
    });
    expect([suspect, row.map, row.reason]).toEqual([null, undefined, undefined]);
    expect(judged(right, right).row.chained).toBeNull();
  });

  it('is the gradient where that was asked for, of the layer through which it comes', () => {
    expect(judged(right, right, {}, 'backward').row).toMatchObject({ direction: 'backward', layer: 'neg', op: 'Neg' });
    expect(() => judge({ name: 'a', direction: 'backward', tensor: right }, pairOf(right), contextWith())).toThrow(
      'judged without a recorded tensor: a',
    );
    expect(() =>
      judge({ name: 'a', direction: 'forward', tensor: right }, pairOf(null, right), contextWith()),
    ).toThrow();
  });

  it('asks the oracle only where the framework does not settle it, and for a tolerance that needs it', () => {
    const asked: string[] = [];
    const oracle = (tensor: string, direction: Direction) => {
      asked.push(`${direction} ${tensor}`);
      return oracleOf(right, 1e-6);
    };
    judged(right, right, { oracle });
    expect(asked).toEqual([]);
    const off = changedBy(right, (x) => x * (1 + 1e-6));
    judged(off, right, { oracle, tolerance: () => parseTolerance('ulp:99').tolerance });
    expect(asked).toEqual([]);
    expect(judged(off, right, { oracle }, 'backward').row).toMatchObject({ verdict: 'match' });
    expect(asked).toEqual(['backward a']);
  });

  it('is measured against the oracle where there is one, and shows its numbers for the worst', () => {
    const truth = changedBy(right, (x) => x * (1 + 1e-7));
    const off = changedBy(right, (x, i) => (i === 100 ? x + 3 : x));
    const { row } = judged(off, right, { oracle: () => oracleOf(truth, 1e-6) });
    expect(row).toMatchObject({ verdict: 'mismatch', band: 'wrong', local: { mismatched: 1 } });
    expect(row.reason).toBeUndefined();
    expect(row.local?.worst[0]).toEqual({
      index: [1, 2, 1],
      subject: toNumbers(off)[100],
      reference: toNumbers(right)[100],
      oracle: toNumbers(truth)[100],
    });
    expect(row.local?.maxAbs).toBe(Math.abs(toNumbers(off)[100]! - toNumbers(truth)[100]!));
    expect(row.map?.cells.filter((cell) => cell !== null && cell > 0)).toHaveLength(1);
  });

  it('is proven by the oracle at some elements, where it is large and that is enough', () => {
    const [large, off] = [random([64, 128], 5), changedBy(random([64, 128], 5), (x) => x * (1 + 1e-6))];
    const asked: string[] = [];
    const oracleAt: JudgeContext['oracleAt'] = (tensor, direction, elements) => {
      asked.push(`${direction} ${tensor}`);
      const r64 = Float64Array.from(elements, (i) => toNumbers(large)[i]!);
      return { r64, n32: r64.map((x, i) => x * (1 + (i % 2 === 0 ? 2e-6 : -2e-6))) };
    };
    const never = () => {
      throw new Error('the whole was asked for');
    };
    const { row } = judged(off, large, { oracle: never, oracleAt });
    expect([row.verdict, asked[0]]).toEqual(['match', 'forward a']);
    expect(row.allowed?.because).toContain('computed by the oracle');
    const whole = () => oracleOf(large, 2e-6);
    expect(judged(off, large, { oracle: whole, oracleAt: () => null }).row.allowed?.because).not.toContain(
      'computed by',
    );
    expect(judged(off, large, { oracle: whole }).row.verdict).toBe('match');
  });

  it('is judged by the framework alone where the oracle has no answer, and says why', () => {
    const { row } = judged(
      changedBy(right, (x) => 2 * x),
      right,
      { oracle: () => 'no such operator' },
    );
    expect(row).toMatchObject({ verdict: 'mismatch', reason: 'no oracle: no such operator' });
    expect(row.local?.worst[0]?.oracle).toBeNull();
    expect(row.local?.relL2).toBeCloseTo(1, 6);
    expect(row.local?.cosine).toBeCloseTo(1, 12);
  });

  it('has what lies at a kink left out and counted, where it could decide', () => {
    const slack = toNumbers(right).map((_, i) => (i < 3 ? 10 : i === 3 ? 1e-12 : 0));
    const off = changedBy(right, (x, i) => (i < 3 ? x + 5 : x * (1 + 1e-6)));
    const { row } = judged(off, right, { oracle: () => oracleOf(right, 1e-6, { slack }) }, 'backward');
    expect(row).toMatchObject({ verdict: 'match', excluded: 3, local: { mismatched: 0 } });
    expect(Number(row.local?.maxAbs)).toBeLessThan(1e-4);
  });

  it('passes on what makes the framework suspect', () => {
    const wrong = changedBy(right, (x) => 3 * x);
    const { row, suspect } = judged(right, wrong, { oracle: () => oracleOf(right, 1e-6) });
    expect(row.verdict).toBe('match');
    expect(suspect).toContain('noise floors away from the float64 oracle');
    expect(row.suspect).toBe(suspect);
    expect('suspect' in judged(right, right).row).toBe(false);
  });
});

describe('a comparison that proves nothing is vacuous', () => {
  it.each([
    [
      'both are zero',
      float32([3], [0, -0, 0]),
      float32([3], [0, 0, 0]),
      'both sides are zero everywhere: nothing was tested',
    ],
    ['there are no elements', float32([0, 5], []), float32([0, 5], []), 'it has no elements'],
    ['there are no whole numbers', fromNumbers('int64', [0], []), fromNumbers('int64', [0], []), 'it has no elements'],
    [
      'nothing is finite',
      float32([3], [NAN, INF, -INF]),
      float32([3], [NAN, INF, -INF]),
      'both sides are non-finite alike everywhere: nothing was compared',
    ],
  ])('where %s', (_, a, b, reason) => {
    const { row, suspect } = judged(a, b);
    expect(row).toMatchObject({ verdict: 'vacuous', band: null, reason });
    expect(suspect).toBeNull();
  });

  it('and not where one side holds something', () => {
    const half = float32([2], [0, 1]);
    expect(judged(half, half).row.verdict).toBe('match');
    expect(
      judged(
        half,
        changedBy(half, () => 0),
      ).row.verdict,
    ).toBe('mismatch');
    const one = judged(float32([], [2]), float32([], [1])).row;
    expect([one.verdict, 'map' in one]).toEqual(['mismatch', false]);
    const zeros = changedBy(right, () => 0);
    expect(judged(zeros, right).row.verdict).toBe('mismatch');
    expect(judged(right, zeros).row.verdict).toBe('mismatch');
    expect(judged(float32([2], [NAN, 1]), float32([2], [NAN, 1])).row.verdict).not.toBe('vacuous');
    expect(judged(float32([2], [NAN, INF]), float32([2], [NAN, -INF])).row.verdict).toBe('mismatch');
  });
});

describe('whole numbers, booleans and strings', () => {
  const whole = fromNumbers('int64', [2, 3], [1, 2, 3, 4, 5, 6]);

  it('match where every element is equal, whatever their types', () => {
    expect(judged(whole, whole).row).toMatchObject({
      verdict: 'match',
      band: 'same',
      allowed: { rms: 0, because: 'int64 must be equal, element by element' },
      local: { mismatched: 0, ulpP99: 0, elements: 6, rms: 0 },
    });
    expect(judged(fromNumbers('int32', [2, 3], [1, 2, 3, 4, 5, 6]), whole).row.verdict).toBe('match');
    expect(judged(float32([2, 3], [1, 2, 3, 4, 5, 6]), whole).row.verdict).toBe('match');
  });

  it('mismatch by one element, which is shown', () => {
    const off = fromNumbers('int64', [2, 3], [1, 2, 3, 4, 9, 6]);
    for (const subject of [off, fromNumbers('uint8', [2, 3], [1, 2, 3, 4, 9, 6])])
      expect(judged(subject, whole).row).toMatchObject({
        verdict: 'mismatch',
        band: 'wrong',
        local: { mismatched: 1, maxAbs: 4, worst: [{ index: [1, 1], subject: 9, reference: 5, oracle: null }] },
      });
  });

  it('are no numbers where they are strings', () => {
    const text = (...data: string[]): Tensor => ({ dtype: 'string', shape: [data.length], data });
    expect(judged(text('a', 'b'), text('a', 'b')).row).toMatchObject({ verdict: 'match', local: null });
    expect(judged(text('a', 'b'), text('a', 'c')).row).toMatchObject({ verdict: 'mismatch', local: null });
    expect(judged(text('1', '2', '3', '4', '5', '6'), whole).row).toMatchObject({ verdict: 'mismatch', local: null });
    expect(judged(whole, text('a', 'b', 'c', 'd', 'e', 'f')).row).toMatchObject({ verdict: 'mismatch', local: null });
  });
});

describe('lack of precision that is allowed by name', () => {
  const allowance = (tensor: string) => (tensor === 'a' ? 'it is stored so' : null);
  const oracle = () => oracleOf(right, 1e-7);

  it('is a match of the band "precision", with the reason', () => {
    const off = changedBy(right, (x, i) => x * (1 + (i % 2 === 0 ? 3e-6 : -3e-6)));
    const failed = judged(off, right, { oracle }).row;
    expect(failed).toMatchObject({ verdict: 'mismatch', band: 'precision' });
    const { row } = judged(off, right, { oracle, allowance });
    expect(row).toMatchObject({ verdict: 'match', band: 'precision' });
    expect(row.allowed?.because).toBe(`${failed.allowed?.because}; exceeded, and allowed because: it is stored so`);
  });

  it.each([
    ['float16', roundToFloat16],
    ['bfloat16', roundToBfloat16],
  ] as const)('may be numbers of %s, judged at its own unit', (dtype, round) => {
    const stored = changedBy(right, round);
    expect(judged(stored, right, { oracle }).row).toMatchObject({ verdict: 'mismatch', band: 'wrong' });
    const { row } = judged(stored, right, { oracle, allowance });
    expect(row).toMatchObject({ verdict: 'match', band: 'precision' });
    expect(row.allowed?.because).toContain(`; exceeded by rounding to ${dtype}, and allowed because: it is stored so`);
  });

  it('is not what is of the narrower type in part only', () => {
    const partly = changedBy(right, (x, i) => (i === 7 ? Math.fround(x * (1 + 2 ** -13)) : roundToFloat16(x)));
    expect(judged(partly, right, { oracle, allowance }).row.verdict).toBe('mismatch');
  });

  it('is not what is wrong, in whatever type', () => {
    const wrong = [changedBy(right, (x) => x * 1.01), changedBy(right, (x) => roundToBfloat16(2 * x))];
    for (const tensor of wrong)
      expect(judged(tensor, right, { oracle, allowance }).row).toMatchObject({ verdict: 'mismatch', band: 'wrong' });
    expect(judged(right, right, { oracle, allowance }).row.band).toBe('same');
  });
});

describe('the measures that are shown', () => {
  const x = Float64Array.of(1, 2, 3, 4);

  it('count the elements beyond a bound, where there is one', () => {
    const y = Float64Array.of(1, 2.5, 3, 6);
    expect(measuresOf(y, x, null, 'float32', null).mismatched).toBe(0);
    expect([0.4, 0.5, 1.9, 2].map((bound) => measuresOf(y, x, null, 'float32', bound).mismatched)).toEqual([
      2, 1, 1, 0,
    ]);
    expect(measuresOf(y, x, Float64Array.of(0, 0, 0, 1.8), 'float32', 0.4).mismatched).toBe(1);
    expect(measuresOf(Float64Array.of(NAN, 2, 3, 6), x, null, 'float32', 1).mismatched).toBe(2);
    expect(measuresOf(Float64Array.of(NAN, 2, 3, 4), x, null, 'float32', null).mismatched).toBe(0);
  });

  it('are infinite where the two disagree about being finite', () => {
    expect(measuresOf(Float64Array.of(NAN, 2, 3, 5), x, null, 'float32', null)).toMatchObject({
      rms: 'Infinity',
      maxAbs: 'Infinity',
      relL2: 'Infinity',
      nonFinite: 1,
      elements: 4,
    });
  });

  it('are relative to the reference, and 0 where both are nothing', () => {
    expect(measuresOf(Float64Array.of(0, 0, 3, 4), Float64Array.of(0, 0, 0, 10), null, 'float32', null)).toMatchObject({
      rms: Math.sqrt(45 / 4),
      maxAbs: 6,
      relL2: Math.sqrt(45) / 10,
      cosine: 0.8,
    });
    const zeros = new Float64Array(2);
    expect(measuresOf(zeros, zeros, null, 'float32', null)).toMatchObject({ relL2: 0, cosine: null });
    expect(measuresOf(Float64Array.of(1, 0), zeros, null, 'float32', null).relL2).toBe('Infinity');
  });

  it('count units of the type that was recorded', () => {
    const powers = Float64Array.of(1, 2, 8);
    const off = powers.map((v) => v * (1 + 2 ** -10));
    expect(measuresOf(off, powers, null, 'float16', null).ulpP99).toBe(1);
    expect(measuresOf(off, powers, null, 'float32', null).ulpP99).toBe(2 ** 13);
  });
});
