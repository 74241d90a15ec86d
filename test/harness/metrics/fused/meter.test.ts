import { describe, expect, it } from '@jest/globals';
import { asked, BLOCK } from '../../../../harness/metrics/fused/block.ts';
import { blockKernel, makeKernel } from '../../../../harness/metrics/fused/engine.ts';
import { createMeter } from '../../../../harness/metrics/fused/meter.ts';
import type { Floats } from '../../../../harness/types/tensor.ts';

const SEED = 20817;
const TYPES = ['float32', 'float16', 'bfloat16', 'float64'] as const;

/** Numbers of many sizes, with zeros, equal elements, and (where wanted) NaN and infinities on either side. */
function pair(size: number, kind: 'float32' | 'float64', wild = false): [Floats, Floats] {
  const next = generator(SEED + size);
  const make = (): Floats => (kind === 'float32' ? new Float32Array(size) : new Float64Array(size));
  const [a, b] = [make(), make()];
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e-42];
  for (let i = 0; i < size; i++) {
    b[i] = (next() - 0.5) * 2 ** Math.floor(60 * (next() - 0.5));
    const how = next();
    a[i] = how < 0.2 ? (b[i] as number) : (b[i] as number) * (1 + (next() - 0.5) * 2 ** -Math.floor(50 * next()));
    if (next() < 0.01) b[i] = 0;
    if (wild && next() < 0.01) a[i] = odd[Math.floor(next() * odd.length)] as number;
    if (wild && next() < 0.01) b[i] = odd[Math.floor(next() * odd.length)] as number;
  }
  return [a, b];
}

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function measured(a: Floats, b: Floats, cuts: readonly number[], plain: boolean, what = asked('float32', 1e-3, 1e-4)) {
  const meter = createMeter(what, plain);
  const ends = [...cuts, a.length];
  ends.reduce((from, to) => (meter.add(a.subarray(from, to), b.subarray(from, to)), to), 0);
  return meter.finish();
}

describe('a piece', () => {
  it.each([21, BLOCK - 1, BLOCK + 21])('of %s elements may be overwritten once it was added', (size) => {
    const [a, b] = pair(size, 'float32');
    const want = measured(a, b, [], true);
    const meter = createMeter(asked('float32', 1e-3, 1e-4), true);
    const [left, right] = [a.slice(0, 13), b.slice(0, 13)];
    meter.add(left, right);
    left.fill(7);
    right.fill(3);
    meter.add(a.subarray(13), b.subarray(13));
    expect(meter.finish()).toEqual(want);
  });
});

describe('the measures of two tensors', () => {
  it('run on WebAssembly SIMD here', () => {
    expect(blockKernel()).not.toBeNull();
  });

  it('run on the plain twin where an engine has no WebAssembly, or no SIMD', () => {
    expect(makeKernel(undefined)).toBeNull();
    const refuses = function refuses() {
      throw new Error('unknown opcode 0xfd');
    } as never;
    expect(makeKernel({ Module: refuses, Instance: refuses })).toBeNull();
  });

  it.each([1, 3, 63, 64, 65, 1023, BLOCK, BLOCK + 1, 5 * BLOCK - 7, 7 * BLOCK + 11])(
    'are the same to the last bit by the kernel and by its twin: %d elements',
    (size) => {
      for (const kind of ['float32', 'float64'] as const) {
        for (const wild of [false, true]) {
          const [a, b] = pair(size, kind, wild);
          for (const dtype of size > BLOCK ? (['float32'] as const) : TYPES) {
            const what = asked(dtype, 1e-3, 1e-4);
            expect(measured(a, b, [], false, what)).toEqual(measured(a, b, [], true, what));
          }
        }
      }
    },
  );

  it('are the same to the last bit however the tensors are cut', () => {
    const [a, b] = pair(13 * BLOCK + 1234, 'float32', true);
    const whole = measured(a, b, [], false);
    const size = a.length;
    for (const cuts of [[1], [BLOCK], [BLOCK - 1, BLOCK + 1], [5, 5, 5, 7 * BLOCK + 3], [size], [size - 1]])
      expect(measured(a, b, cuts, false)).toEqual(whole);
    const everywhere = Array.from({ length: Math.floor(size / 997) }, (_, i) => 997 * (i + 1));
    expect(measured(a, b, everywhere, false)).toEqual(whole);
  });

  it('are the same for float32 held as float64, and for one of each', () => {
    const [a, b] = pair(3 * BLOCK + 5, 'float32', true);
    const whole = measured(a, b, [], false);
    const wide = (x: Floats): Floats => Float64Array.from(x);
    expect(measured(wide(a), wide(b), [], false)).toEqual(whole);
    expect(measured(a, wide(b), [7], false)).toEqual(whole);
    expect(measured(wide(a), b, [BLOCK + 7], true)).toEqual(whole);
  });
});
