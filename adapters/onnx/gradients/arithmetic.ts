import type { GradientRule } from '../rule.ts';
import { binary } from './_broadcast.ts';

/** Add, Sub, Mul, Div and Mod, with broadcasting. */
export const arithmetic: readonly GradientRule[] = [
  binary(
    'Add',
    ({ dy }) => dy,
    ({ dy }) => dy,
  ),
  binary(
    'Sub',
    ({ dy }) => dy,
    ({ dy, math }) => math.neg(dy),
  ),
  binary(
    'Mul',
    ({ b, dy, math }) => math.mul(dy, b),
    ({ a, dy, math }) => math.mul(dy, a),
  ),
  binary(
    'Div',
    ({ b, dy, math }) => math.div(dy, b),
    ({ a, b, dy, math: { neg, mul, div } }) => neg(mul(dy, div(div(a, b), b))),
  ),
  // a − b · trunc(a / b) (fmod = 1, the only form for floats): the whole number of times is (a − y) / b, rounded because it was whole.
  binary(
    'Mod',
    ({ dy }) => dy,
    ({ a, b, y, dy, context, math: { neg, mul, div, sub } }) =>
      neg(mul(dy, context.emit('Round', [div(sub(a, y), b)]))),
  ),
];
