import { describe, expect, it } from '@jest/globals';
import { erf, erfc } from '../../../../harness/oracle/ops/_erf.ts';
import { f, named, trial } from './_named.ts';
import { expectLawful, float, forward, type Trial, value, vjp } from './_vjp-laws.ts';
import { unaries, others } from './_elementwise-cases.ts';

describe('functions of one variable', () => {
  it.each(unaries)('%s: its product is the derivative of its forward', (name, low, high) => {
    expectLawful(trial(name, [f([3, 5, 7], 11, low, high)]));
  });
});

describe('element-wise functions', () => {
  it.each(others)('%s, %s: its product is the derivative of its forward', (_op, _what, each) => expectLawful(each));
});

describe('kinks', () => {
  const kinked: readonly (readonly [string, Trial, number, number, number])[] = [
    ['Relu at 0', trial('Relu', [value('float32', [3], [-1, 0, 2])]), 1, 0, 1],
    [
      'LeakyRelu at 0',
      trial('LeakyRelu', [value('float32', [3], [-1, 0, 2])], { attributes: { alpha: float(0.25) } }),
      1,
      0.25,
      0.75,
    ],
    ['Abs at 0', trial('Abs', [value('float32', [3], [-1, 0, 2])]), 1, 0, 2],
    ['HardSwish at 3', trial('HardSwish', [value('float32', [3], [-1, 3, 2])]), 1, 1, 0.5],
    [
      'Clip at its bound',
      trial('Clip', [value('float32', [3], [-1, 1, 0]), value('float32', [], [-2]), value('float32', [], [1])]),
      1,
      1,
      1,
    ],
  ];
  it.each(kinked)('%s has the conventional derivative, and the jump as slack', (_, each, at, derivative, jump) => {
    const dy = value('float32', [3], [5, -7, 11]);
    const [answer] = vjp(each, [dy]);
    expect(answer!.value.data[at]).toBeCloseTo(-7 * derivative, 12);
    expect(answer!.slack?.[at]).toBeCloseTo(7 * jump, 12);
    expect(answer!.slack?.filter((s) => s > 0)).toHaveLength(1);
  });

  it('are as wide as the noise of a computed input', () => {
    const x = value('float32', [5], [-2e-6, -5e-7, 5e-7, 2e-6, 1]);
    const [answer] = vjp(trial('Relu', [x], { noise: [1e-6] }), [value('float32', [5], [3, 3, 3, 3, 3])]);
    expect(Array.from(answer!.slack!)).toEqual([0, 3, 3, 0, 0]);
    expect(vjp(trial('Relu', [x]), [x])[0]!.slack).toBeUndefined();
  });

  it('of Max let inputs that tie share, and may all go to one', () => {
    const [a, b] = [value('float32', [3], [1, 2, 3]), value('float32', [3], [1, 5, 0])];
    const [da, db] = vjp(trial('Max', [a, b]), [value('float32', [3], [8, 8, 8])]);
    expect([Array.from(da!.value.data), Array.from(db!.value.data)]).toEqual([
      [4, 0, 8],
      [4, 8, 0],
    ]);
    expect([Array.from(da!.slack!), Array.from(db!.slack!)]).toEqual([
      [8, 0, 0],
      [8, 0, 0],
    ]);
  });
});

describe('integers', () => {
  const each = (op: string, dtype: 'int8' | 'uint8' | 'int32', a: number[], b: number[]) =>
    Array.from(forward(trial(op, [value(dtype, [a.length], a), value(dtype, [b.length], b)]))[0]!.data);

  it('wrap around, and division truncates', () => {
    expect(each('Add', 'int8', [127, -128], [1, -1])).toEqual([-128, 127]);
    expect(each('Sub', 'uint8', [3], [5])).toEqual([254]);
    expect(each('Div', 'int32', [-7, 7], [2, -2])).toEqual([-3, -3]);
    expect(each('Mod', 'int32', [-7, 7], [3, -3])).toEqual([2, -2]);
  });

  it('of 64 bits beyond 2^53 are refused, not rounded', () => {
    const big = value('int64', [1], [2 ** 52]);
    expect(() => forward(trial('Mul', [big, big]))).toThrow(/E_UNSUPPORTED.*2\^53/);
  });
});

describe('the error function', () => {
  // As the C library has them.
  it.each([
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.9, 0.9927904292352575],
    [2, 0.9953222650189527],
  ])('erf(%d) is %d', (x, expected) => {
    expect(Math.abs(erf(x) - expected) <= 4e-16).toBe(true);
    expect(erf(-x)).toBe(-erf(x));
  });

  it('keeps its relative accuracy in the tail', () => {
    expect(Math.abs(erfc(5) / 1.5374597944280351e-12 - 1) <= 1e-13).toBe(true);
    expect(erf(40)).toBe(1);
    expect(erf(Number.NaN)).toBeNaN();
  });
});

it('numbers of the float32 form are float32 numbers', () => {
  const x = f([7], 3, -3, 3);
  const { operator } = trial('Tanh', [x]);
  expect(operator).toBe(named('Tanh'));
  for (const [name] of unaries) {
    const [y] = forward(trial(name, [f([7], 3, 1.2, 1.3)]), { name: 'float32', round: Math.fround });
    expect([name, Array.from(y!.data)]).toEqual([name, Array.from(y!.data.map(Math.fround))]);
  }
});
