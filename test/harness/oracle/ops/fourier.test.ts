import { describe, expect, it } from '@jest/globals';
import { dft } from '../../../../harness/oracle/ops/dft.ts';
import { melWeightMatrix } from '../../../../harness/oracle/ops/mel-weight-matrix.ts';
import { stft } from '../../../../harness/oracle/ops/stft.ts';
import { distance, expectLawful, forward, int, random, type Trial, value } from './_vjp-laws.ts';

const scalar = (x: number) => value('int64', [], [x]);

describe('DFT', () => {
  const forms: readonly (readonly [string, Trial])[] = [
    ['real', { operator: dft, inputs: [random([2, 7, 3, 1], 1), undefined, scalar(1)] }],
    [
      'complex, the other way',
      { operator: dft, inputs: [random([2, 7, 3, 2], 1), undefined, scalar(-2)], attributes: { inverse: int(1) } },
    ],
    ['one-sided', { operator: dft, inputs: [random([2, 7, 1], 1)], attributes: { onesided: int(1) } }],
    ['padded', { operator: dft, inputs: [random([2, 5, 2], 1), scalar(11)] }],
    ['cut', { operator: dft, inputs: [random([2, 11, 2], 1), scalar(5)] }],
    ['of opset 17', { operator: dft, inputs: [random([2, 7, 3, 1], 1)], attributes: { axis: int(2) }, opset: 17 }],
  ];
  it.each(forms)('%s: its product is the derivative', (_, trial) => expectLawful({ ...trial, wrt: [0] }));

  it('and back gives the same', () => {
    const x = random([3, 7, 2], 1);
    const [there] = forward({ operator: dft, inputs: [x] });
    const [back] = forward({ operator: dft, inputs: [there], attributes: { inverse: int(1) } });
    expect(distance(back!.data, x.data)).toBeLessThan(1e-12);
  });
  it('of a wave has its energy at the wave’s frequency', () => {
    const wave = value(
      'float32',
      [8, 1],
      Array.from({ length: 8 }, (_, n) => Math.cos((2 * Math.PI * 3 * n) / 8)),
    );
    const y = forward({ operator: dft, inputs: [wave], attributes: { onesided: int(1) } })[0]!;
    const power = Array.from({ length: 5 }, (_, k) => Math.hypot(y.data[2 * k]!, y.data[2 * k + 1]!));
    for (const [k, p] of power.entries()) expect(p).toBeCloseTo(k === 3 ? 4 : 0, 10);
  });
});

describe('STFT', () => {
  it.each([0, 1])('onesided %d: its product is the derivative, of the window as well', (onesided) => {
    const attributes = { onesided: int(onesided) };
    const parts = onesided ? 1 : 2;
    expectLawful({
      operator: stft,
      inputs: [random([2, 11, parts], 1), scalar(3), random([5], 2)],
      attributes,
      wrt: [0, 2],
    });
    expectLawful({
      operator: stft,
      inputs: [random([2, 11, parts], 1), scalar(2), undefined, scalar(4)],
      attributes,
      wrt: [0],
    });
  });
});

it('MelWeightMatrix has triangles that rise to 1', () => {
  const inputs = [scalar(8), scalar(64), scalar(8192), value('float32', [], [0]), value('float32', [], [4096])];
  const y = forward({ operator: melWeightMatrix, inputs })[0]!;
  expect(y.shape).toEqual([33, 8]);
  for (let bin = 0; bin < 8; bin++) {
    const column = Array.from({ length: 33 }, (_, i) => y.data[i * 8 + bin]!);
    expect(Math.max(...column)).toBe(1);
    expect(Math.min(...column)).toBe(0);
  }
});
