import type { GradientRule } from '../rule.ts';
import { unary } from './_unary.ts';

/** Powers, exponentials and their like. */
export const elementary: readonly GradientRule[] = [
  unary('Neg', ({ dy, math }) => math.neg(dy)),
  unary('Abs', ({ x, dy, math }) => math.mul(dy, math.sign(x))),
  unary('Exp', ({ y, dy, math }) => math.mul(dy, y)),
  unary('Log', ({ x, dy, math }) => math.div(dy, x)),
  unary('Sqrt', ({ y, dy, math: { div, mul } }) => div(dy, mul(2, y))),
  unary('Reciprocal', ({ y, dy, math: { neg, mul } }) => neg(mul(dy, mul(y, y)))),
  unary('Erf', ({ x, dy, math: { mul, exp, neg } }) => mul(dy, mul(2 / Math.sqrt(Math.PI), exp(neg(mul(x, x)))))),
];
