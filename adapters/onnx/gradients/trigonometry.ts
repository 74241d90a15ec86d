import type { GradientRule } from '../rule.ts';
import { unary } from './_unary.ts';

// 1 − x² is written (1 − x)(1 + x): near ±1 the square has already lost the digits that count.

/** Circular and hyperbolic functions and their inverses. */
export const trigonometry: readonly GradientRule[] = [
  unary('Sin', ({ x, dy, math }) => math.mul(dy, math.cos(x))),
  unary('Cos', ({ x, dy, math: { neg, mul, sin } }) => neg(mul(dy, sin(x)))),
  unary('Tan', ({ y, dy, math: { mul, add } }) => mul(dy, add(1, mul(y, y)))),
  unary('Asin', ({ x, dy, math: { div, sqrt, mul, sub, add } }) => div(dy, sqrt(mul(sub(1, x), add(1, x))))),
  unary('Acos', ({ x, dy, math: { neg, div, sqrt, mul, sub, add } }) => neg(div(dy, sqrt(mul(sub(1, x), add(1, x)))))),
  unary('Atan', ({ x, dy, math: { div, add, mul } }) => div(dy, add(1, mul(x, x)))),
  unary('Sinh', ({ x, dy, math, context }) => math.mul(dy, context.emit('Cosh', [x]))),
  unary('Cosh', ({ x, dy, math, context }) => math.mul(dy, context.emit('Sinh', [x]))),
  unary('Asinh', ({ x, dy, math: { div, sqrt, add, mul } }) => div(dy, sqrt(add(mul(x, x), 1)))),
  unary('Acosh', ({ x, dy, math: { div, sqrt, mul, sub, add } }) => div(dy, sqrt(mul(sub(x, 1), add(x, 1))))),
  unary('Atanh', ({ x, dy, math: { div, mul, sub, add } }) => div(dy, mul(sub(1, x), add(1, x)))),
];
