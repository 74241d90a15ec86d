import { describe, expect, it } from '@jest/globals';
import { asked, BLOCK, BUCKETS, type Block, emptyBlock } from '../../../../harness/metrics/fused/block.ts';
import { blockKernel, type BlockKernel, isFloat32, makeKernel } from '../../../../harness/metrics/fused/engine.ts';
import { createMeter } from '../../../../harness/metrics/fused/meter.ts';
import { measureBlock } from '../../../../harness/metrics/fused/twin.ts';
import { uniform } from '../../../../harness/numerics/random.ts';
import type { Floats } from '../../../../harness/types/tensor.ts';

const [NAN, INF] = [Number.NaN, Number.POSITIVE_INFINITY];
const WHAT = asked('float32', 1e-3, 1e-4);

/** Numbers of many sizes, so that the order of a sum shows in its last bits. */
function numbers(size: number, seed: number): Float64Array {
  const draw = uniform(seed);
  return Float64Array.from({ length: size }, () => (draw() - 0.5) * 2 ** Math.floor(20 * draw()));
}

const slackOf = (size: number): Float64Array => numbers(size, 9).map((x) => Math.abs(x) / 3);

function twin(a: Floats, b: Floats, slack: Float64Array | null = null): Block {
  const out = emptyBlock();
  measureBlock(a, b, slack, WHAT, out);
  return out;
}

describe('what is asked', () => {
  it.each([
    ['float64', 53, 2 ** -960],
    ['float32', 24, 2 ** -126],
    ['float16', 11, 2 ** -14],
    ['bfloat16', 8, 2 ** -126],
    ['int32', 53, 2 ** -960],
  ] as const)('of %s counts in units of %d bits, down to its smallest normal number', (dtype, precision, lowest) => {
    expect(asked(dtype)).toEqual({ absolute: INF, relative: 0, precision, lowest });
    expect(asked(dtype, 2, 3)).toMatchObject({ absolute: 2, relative: 3 });
  });
});

describe('the kernel', () => {
  const kernel = blockKernel() as BlockKernel;

  it('is made once', () => {
    expect(blockKernel()).toBe(kernel);
    expect(makeKernel((globalThis as never as { WebAssembly: never }).WebAssembly)).not.toBeNull();
    expect(makeKernel(undefined)).toBeNull();
  });

  it('measures what is finite itself, as its twin does, whatever it measured before', () => {
    for (const size of [1, 2, 3, 4, 5, 127, BLOCK - 1, BLOCK, 6]) {
      const [a, b] = [numbers(size, 1), numbers(size, 2)];
      const near = b.map((x, i) => (i % 3 === 0 ? x : x * (1 + 1e-6 * (a[i] as number))));
      for (const [x, y] of [
        [a, b],
        [near, b],
        [Float32Array.from(near), Float32Array.from(b)],
        [Float32Array.from(near), b],
        [near, Float32Array.from(b)],
        // Errors of more units than there are buckets, in every lane.
        [a.map((x) => 1e60 * x), b],
      ] as const) {
        const out = { ...twin(Float64Array.of(NAN, 1, INF), Float64Array.of(1, NAN, INF)) };
        expect(kernel(x, y, WHAT, out)).toBe(true);
        expect(out).toEqual(twin(x, y));
      }
    }
  });

  it.each([
    ['NaN', NAN, 1],
    ['a NaN of the reference', 1, NAN],
    ['an infinity', INF, 1],
    ['an infinity of the reference', 1, -INF],
    ['two infinities', INF, INF],
  ])('leaves a block with %s to its twin', (_, x, y) => {
    const [a, b] = [numbers(70, 1), numbers(70, 2)];
    [a[33], b[33]] = [x, y];
    expect(kernel(a, b, WHAT, emptyBlock())).toBe(false);
    const meter = createMeter(WHAT);
    meter.add(a, b);
    expect(meter.finish()).toMatchObject({ ...twin(a, b), elements: 70 });
  });

  it('counts an error a little beyond a power of two of units in the next bucket', () => {
    const bucketOf = (error: number): number[] => {
      const counts: number[] = [];
      for (const measure of [
        kernel,
        (a: Floats, b: Floats, w: typeof WHAT, out: Block) => measureBlock(a, b, null, w, out),
      ]) {
        const out = emptyBlock();
        measure(Float64Array.of(1 + error), Float64Array.of(1), asked('float64'), out);
        counts.push(out.histogram.indexOf(1));
      }
      return counts;
    };
    expect(bucketOf(2 ** -10)).toEqual([42, 42]);
    expect(bucketOf(2 ** -10 + 2 ** -50)).toEqual([43, 43]);
    expect(bucketOf(2 ** -10 + 2 ** -12)).toEqual([43, 43]);
    expect(bucketOf(2 ** -10 - 2 ** -50)).toEqual([42, 42]);
  });

  it('is told which numbers are float32', () => {
    expect([Float32Array.of(1), Float64Array.of(1), Uint16Array.of(1) as never].map(isFloat32)).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('several blocks', () => {
  const SIZE = 7 * BLOCK + 1234;
  const [a, b] = [numbers(SIZE, 1), numbers(SIZE, 2)];
  const slack = slackOf(SIZE);

  function measured(cuts: readonly number[], withSlack: boolean, plain = false) {
    const meter = createMeter(WHAT, plain);
    let from = 0;
    for (const to of [...cuts, SIZE]) {
      meter.add(a.subarray(from, to), b.subarray(from, to), withSlack ? slack.subarray(from, to) : null);
      from = to;
    }
    return meter.finish();
  }

  const blocks = (withSlack: boolean): Block[] =>
    Array.from({ length: 8 }, (_, k) => {
      const part = (x: Float64Array) => x.subarray(k * BLOCK, (k + 1) * BLOCK);
      return twin(part(a), part(b), withSlack ? part(slack) : null);
    });

  it.each([false, true])('are summed by pairs, and by pairs of pairs (slack: %s)', (withSlack) => {
    const pairwise = (sums: readonly Float64Array[]): Float64Array =>
      sums.length === 1
        ? (sums[0] as Float64Array)
        : pairwise(
            Array.from({ length: sums.length / 2 }, (_, k) =>
              (sums[2 * k] as Float64Array).map((x, i) => x + (sums[2 * k + 1]?.[i] as number)),
            ),
          );
    const expected = pairwise(blocks(withSlack).map(({ sums }) => sums));
    expect(measured([], withSlack).sums).toEqual(expected);
    expect(measured([], withSlack, true).sums).toEqual(expected);
  });

  it.each([false, true])('hold the counts and maxima of each (slack: %s)', (withSlack) => {
    const parts = blocks(withSlack);
    const sum = (of: (block: Block) => number): number => parts.reduce((n, block) => n + of(block), 0);
    const { maxAbs, maxAbsAt, ...found } = measured([], withSlack);
    expect(found).toMatchObject({
      elements: SIZE,
      compared: SIZE,
      exceeding: sum((block) => block.exceeding),
      equal: sum((block) => block.equal),
      maxRelative: Math.max(...parts.map((block) => block.maxRelative)),
    });
    expect([...found.histogram]).toEqual(
      Array.from({ length: BUCKETS }, (_, k) => sum((block) => block.histogram[k] as number)),
    );
    const errors = a.map((x, i) =>
      Math.max(0, Math.abs(x - (b[i] as number)) - (withSlack ? (slack[i] as number) : 0)),
    );
    expect(maxAbs).toBe(errors.reduce((most, error) => Math.max(most, error), 0));
    expect(maxAbsAt).toBe(errors.indexOf(maxAbs));
    expect(maxAbsAt).toBeGreaterThan(BLOCK);
  });

  it('with slack are the same however they are cut', () => {
    const whole = measured([], true);
    for (const cuts of [[1], [BLOCK], [BLOCK - 1, BLOCK + 1], [5, 5, 7 * BLOCK + 3], [SIZE - 1]])
      expect(measured(cuts, true)).toEqual(whole);
  });
});
