import { describe, expect, it } from '@jest/globals';
import { wire } from '../../../harness/graph.ts';
import { judge } from '../../../harness/stages/5-judge.ts';
import { fromNumbers, sourceOf } from '../../../harness/tensor.ts';
import { parseTolerance } from '../../../harness/tolerances/index.ts';
import type { DataType, Tensor } from '../../../harness/types/tensor.ts';
import type { Direction } from '../../../harness/types/trace.ts';

const wiring = wire({
  name: 'g',
  nodes: [{ name: 'quantise', op: 'QuantizeLinear', domain: '', inputs: ['x'], outputs: ['q'], attributes: {} }],
  inputs: [],
  outputs: [],
  initializers: new Map(),
  opset: new Map([['', 21]]),
});

interface How {
  readonly types?: readonly [DataType, DataType];
  readonly direction?: Direction;
  readonly tolerance?: string;
  /** Steps before rounding; null: no quantising operator makes it; undefined: nobody can tell. */
  readonly steps?: readonly number[] | null;
}

/** Judges a quantised tensor, and tells how often it was asked what it was before it was rounded. */
function judged(subject: readonly number[], reference: readonly number[], how: How = {}) {
  const [mine, theirs] = how.types ?? ['int8', 'int8'];
  return judgeTensor(
    fromNumbers(mine, [subject.length], subject),
    fromNumbers(theirs, [reference.length], reference),
    how,
  );
}

function judgeTensor(subject: Tensor, reference: Tensor, how: How = {}) {
  const { direction = 'forward', tolerance = 'calibrated', steps } = how;
  let asked = 0;
  const source = sourceOf(subject);
  const forward = direction === 'forward';
  const { row } = judge(
    { name: 'q', direction, tensor: reference },
    {
      tensor: 'q',
      subjectName: 'q',
      why: 'same name',
      confidence: 1,
      value: forward ? source : null,
      gradient: forward ? null : source,
    },
    {
      wiring,
      oracle: () => 'not asked for here',
      chained: new Map(),
      tolerance: () => parseTolerance(tolerance).tolerance,
      allowance: () => null,
      ...(steps !== undefined && {
        beforeRounding: () => {
          asked++;
          const numbers = steps && Float64Array.from(steps);
          return numbers && { r64: numbers, n32: numbers };
        },
      }),
    },
  );
  return { row, asked };
}

const STEPS = [12.5, 20.1, -7.5, 3];
const REFERENCE = [12, 20, -8, 3];

describe('a quantised tensor', () => {
  it('that differs at ties only matches by rounding, with nothing to show', () => {
    const { row } = judged([13, 20, -7, 3], REFERENCE, { steps: STEPS });
    expect(row).toMatchObject({
      verdict: 'match',
      band: 'rounding',
      local: { mismatched: 0, maxAbs: 1, elements: 4, worst: [] },
      allowed: { because: expect.stringContaining('2 of 4 elements differ from the framework') },
    });
    expect(row.allowed?.rms).toBeCloseTo(4 * 2 ** -24 * 20.1, 12);
  });

  it('that differs elsewhere is wrong, in so many elements', () => {
    const { row } = judged([13, 21, -7, 3], REFERENCE, { steps: STEPS });
    expect(row).toMatchObject({
      verdict: 'mismatch',
      band: 'wrong',
      local: { mismatched: 1, elements: 4 },
      allowed: { because: expect.stringContaining('1 of them elsewhere than at a tie') },
    });
    expect(row.local?.worst).not.toEqual([]);
  });

  it('is the framework’s own without a question', () => {
    const { row, asked } = judged(REFERENCE, REFERENCE, { steps: STEPS });
    expect([row.verdict, row.band, row.allowed?.rms, asked]).toEqual(['match', 'same', 0, 0]);
  });

  it.each([
    ['its gradient', { direction: 'backward' }],
    ['another type', { types: ['int32', 'int32'] }],
    ['two types', { types: ['int8', 'int16'] }],
    ['a tolerance that asks no oracle', { tolerance: 'exact' }],
  ] as const)('must be equal, element by element, and nothing is asked: %s', (_, how) => {
    const { row, asked } = judged([13, 20, -8, 3], REFERENCE, { steps: STEPS, ...how });
    expect([row.verdict, row.local?.mismatched, asked]).toEqual(['mismatch', 1, 0]);
  });

  it.each([[null], [undefined]])('must be equal where no step is known: %s', (steps) => {
    const how = steps === undefined ? {} : { steps };
    const { row } = judged([13, 20, -8, 3], REFERENCE, how);
    expect(row).toMatchObject({ verdict: 'mismatch', local: { mismatched: 1 }, allowed: { rms: 0 } });
  });
});

describe('a whole number of 64 bits', () => {
  it('must be equal to its last digit', () => {
    const judgedOf = (mine: bigint, theirs: bigint) => {
      const tensor = (x: bigint): Tensor => ({ dtype: 'int64', shape: [1], data: BigInt64Array.of(x) });
      return judgeTensor(tensor(mine), tensor(theirs)).row.verdict;
    };
    expect(judgedOf(2n ** 53n, 2n ** 53n)).toBe('match');
    expect(judgedOf(2n ** 53n + 1n, 2n ** 53n)).toBe('mismatch');
  });
});
