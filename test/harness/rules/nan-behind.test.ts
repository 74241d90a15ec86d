import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { blame, normal, type Pass, passOf, rightGradient } from '../../support/backward-scene.ts';

const SHAPE = [4, 5];

/** y = h · sigmoid(h) of an h of which the last row is not a number, where `bad`. */
function gated(bad: boolean): Pass {
  const b = new GraphBuilder('gated', 21);
  const h = b.node('Identity', [b.input('x', 'float32', SHAPE)], {}, { outputNames: ['h'] });
  const s = b.node('Sigmoid', [h], {}, { outputNames: ['s'] });
  b.output(b.node('Mul', [h, s], {}, { outputNames: ['y'] }));
  const x = normal(SHAPE, 1);
  if (bad) (x.data as Float32Array).fill(Number.NaN, 15);
  return passOf(b.graph(), { x }, ['y']);
}

describe('a gradient behind a value that is not a number', () => {
  const pass = gated(true);
  const right = rightGradient(pass, 'h');
  const cut = (change: (x: number) => number = (x) => x) => right.map((x) => (Number.isNaN(x) ? 0 : change(x)));

  it('that is 0 there, and right elsewhere, follows from it', () => {
    expect(right.filter(Number.isNaN).length).toBe(5);
    const { cause } = blame(pass, 'h', cut(), SHAPE);
    expect(cause?.id).toBe('value.nan');
    expect(cause?.claim).toContain('follows from the value of "h", which is not finite: 5 of 20 elements');
  });

  it('has another cause where it is wrong elsewhere as well', () => {
    const { cause } = blame(
      pass,
      'h',
      cut((x) => x * x + 1),
      SHAPE,
    );
    expect(cause).toBe(null);
  });

  it('is not one where all values are numbers', () => {
    const finite = gated(false);
    const wrong = rightGradient(finite, 'h').map((x, i) => (i < 15 ? x : Number.NaN));
    const { cause } = blame(finite, 'h', wrong, SHAPE);
    expect(cause?.id).toBe('value.nan');
    expect(cause?.claim).toContain('it began here');
  });
});
