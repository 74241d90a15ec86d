import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../../matchers/jest.ts';
import { fromNumbers } from '../../harness/tensor.ts';

const f32 = Float32Array.of(1, -2, 3.5, 0.25, 5, -7);

describe('toMatchTensor', () => {
  it('takes typed arrays, lists, shaped numbers, and the tensors of ONNX Runtime and TensorFlow.js', () => {
    const shape = [2, 3];
    for (const same of [
      f32,
      [...f32],
      Float64Array.from(f32),
      { data: f32, shape },
      fromNumbers('float16', shape, f32),
      fromNumbers('bfloat16', shape, f32),
      { data: f32, dims: shape, type: 'float32' },
      { shape, dtype: 'float32', dataSync: () => f32 },
    ]) {
      expect(same).toMatchTensor({ data: f32, shape });
      expect(f32).toMatchTensor(same);
    }
    expect(BigInt64Array.of(3n, 5n)).toMatchTensor(Int32Array.of(3, 5));
    expect(BigInt64Array.of(3n, 5n)).not.toMatchTensor(Int32Array.of(3, 6));
  });

  it('allows rounding to the coarser type and no more', () => {
    const random = fc.array(fc.float({ min: Math.fround(0.5), max: 2, noNaN: true }), { minLength: 3, maxLength: 40 });
    fc.assert(
      fc.property(random, (x) => {
        const right = Float32Array.from(x);
        expect(right.map((v) => v * (1 + 2 ** -20))).toMatchTensor(right);
        expect(right.map((v) => v * (1 + 2 ** -15))).not.toMatchTensor(right);
        expect(Float64Array.from(right, (v) => v * (1 + 2 ** -40))).not.toMatchTensor(Float64Array.from(right));
      }),
      { seed: 7 },
    );
  });

  it('tells shapes, NaN and infinities apart', () => {
    expect({ data: f32, shape: [2, 3] }).not.toMatchTensor({ data: f32, shape: [3, 2] });
    expect(f32).not.toMatchTensor(f32.subarray(1));
    expect([1, Number.NaN]).toMatchTensor([1, Number.NaN]);
    expect([1, Number.NaN]).not.toMatchTensor([1, 2]);
    expect([1, Number.POSITIVE_INFINITY]).not.toMatchTensor([1, Number.NEGATIVE_INFINITY]);
  });

  it('shows the worst elements, what was measured and what was allowed', () => {
    const wrong = f32.slice();
    wrong[4] = 6;
    const report = () => expect({ data: wrong, shape: [2, 3] }).toMatchTensor({ data: f32, shape: [2, 3] });
    expect(report).toThrow(/measured .* allowed .*units of rounding to float32[\s\S]*\[1, 1\]: received 6, expected 5/);
  });

  it('takes a tolerance, except the one that needs an operator', () => {
    const near = f32.map((x) => x + 1e-3);
    expect(near).not.toMatchTensor(f32);
    expect(near).toMatchTensor(f32, { tolerance: 'allclose:1e-2,1e-2' });
    expect(near).not.toMatchTensor(f32, { tolerance: 'exact' });
    expect(() => expect(near).toMatchTensor(f32, { tolerance: 'calibrated' })).toThrow(/E_OPTION.*oracle/);
  });

  it('refuses what is no tensor', () => {
    expect(() => expect('text').toMatchTensor(f32)).toThrow(/E_INPUT.*received.*String/);
    expect(() => expect({ data: f32, shape: [7] }).toMatchTensor(f32)).toThrow(/E_SHAPE.*6 elements/);
  });
});
