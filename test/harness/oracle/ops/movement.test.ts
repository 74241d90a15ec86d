import { describe, expect, it } from '@jest/globals';
import { adjointGap, f, trial } from './_named.ts';
import { expectLawful, forward, text, value, vjp } from './_vjp-laws.ts';
import { i64, moves, scatters } from './_movement-cases.ts';

describe('moving elements', () => {
  it.each(moves)('%s %s: its product is the derivative of its forward, and its exact adjoint', (_op, _what, each) => {
    expectLawful(each);
    const wrt = each.wrt ?? [each.inputs.findIndex((input) => input?.dtype === 'float32')];
    const others = each.inputs.some((input, i) => input?.dtype === 'float32' && !wrt.includes(i));
    if (!others) expect(adjointGap(each, wrt[0]) <= 1e-12).toBe(true);
  });
  it.each(scatters)('%s, %s: its product is the derivative of its forward', (_op, _what, each) => expectLawful(each));

  it('Pad reflects more than once round, as numpy does', () => {
    const each = trial('Pad', [value('float32', [3], [1, 2, 3]), i64(4, 3)], { attributes: { mode: text('reflect') } });
    expect(Array.from(forward(each)[0]!.data)).toEqual([1, 2, 3, 2, 1, 2, 3, 2, 1, 2]);
  });

  it('TopK: values that tie at the border may be exchanged', () => {
    const each = trial('TopK', [value('float32', [4], [3, 1, 3, 3]), i64(2)], { outputs: 2 });
    expect(forward(each).map((y) => Array.from(y!.data))).toEqual([
      [3, 3],
      [0, 2],
    ]);
    const [dx] = vjp(each, [value('float32', [2], [5, 7]), undefined]);
    expect(Array.from(dx!.value.data)).toEqual([5, 0, 7, 0]);
    expect(Array.from(dx!.slack!, (s) => s > 0)).toEqual([true, false, true, true]);
  });

  it('an index outside is an error, not an undefined element', () => {
    expect(() => forward(trial('Gather', [f([3], 1), i64(3)]))).toThrow(/E_SHAPE.*index 3/);
  });
});
