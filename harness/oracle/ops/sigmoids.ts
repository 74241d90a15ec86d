import { floatAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import { none, type Round, unary } from './_elementwise.ts';

/** 1 / (1 + exp(−x)). */
const sigmoid = (x: number, r: Round): number => r(1 / r(1 + r(Math.exp(-x))));

/** log(1 + exp(x)) without overflow. */
const softplus = (x: number, r: Round): number => r(Math.max(x, 0) + r(Math.log1p(r(Math.exp(-Math.abs(x))))));

/** x · σ(alpha·x), and its derivative σ + alpha·x·σ·(1 − σ). */
const swish = (x: number, r: Round, alpha: number): number => x * sigmoid(r(alpha * x), r);
function swishSlope(x: number, _y: number, r: Round, alpha: number): number {
  const s = sigmoid(r(alpha * x), r);
  return s + r(r(r(alpha * x) * s) * r(1 - s));
}

/** Sigmoid, Softplus, Softsign, Mish, Swish, QuickGelu, and the piecewise linear HardSigmoid and HardSwish. */
export const sigmoids: readonly Operator[] = [
  unary({
    op: 'Sigmoid',
    scale: 1,
    parameters: none,
    f: sigmoid,
    derivative: (_x, y, r) => y * r(1 - y),
  }),
  unary({ op: 'Softplus', parameters: none, f: softplus, derivative: (x, _y, r) => sigmoid(x, r) }),
  unary({
    op: 'Softsign',
    parameters: none,
    f: (x, r) => x / r(1 + Math.abs(x)),
    derivative: (x, _y, r) => 1 / r(r(1 + Math.abs(x)) * r(1 + Math.abs(x))),
  }),
  unary({
    op: 'Mish',
    parameters: none,
    f: (x, r) => x * r(Math.tanh(softplus(x, r))),
    derivative: (x, _y, r) => {
      const t = r(Math.tanh(softplus(x, r)));
      return t + r(r(x * r(1 - r(t * t))) * sigmoid(x, r));
    },
  }),
  unary({ op: 'Swish', parameters: (a) => floatAttribute(a, 'alpha', 1), f: swish, derivative: swishSlope }),
  unary({
    op: 'QuickGelu',
    domain: 'com.microsoft',
    parameters: (a) => floatAttribute(a, 'alpha', 1.702),
    f: swish,
    derivative: swishSlope,
  }),
  unary({
    op: 'HardSigmoid',
    parameters: (a) => ({ alpha: floatAttribute(a, 'alpha', 0.2), beta: floatAttribute(a, 'beta', 0.5) }),
    f: (x, r, { alpha, beta }) => Math.max(0, Math.min(1, r(r(alpha * x) + beta))),
    derivative: (_x, y, _r, { alpha }) => (y > 0 && y < 1 ? alpha : 0),
    kinks: ({ alpha, beta }) => [
      { at: -beta / alpha, jump: alpha },
      { at: (1 - beta) / alpha, jump: alpha },
    ],
  }),
  unary({
    op: 'HardSwish',
    parameters: none,
    f: (x, r) => x * Math.max(0, Math.min(1, r(r(x / 6) + 0.5))),
    derivative: (x, _y, r) => (x <= -3 ? 0 : x >= 3 ? 1 : r(x / 3) + 0.5),
    kinks: () => [
      { at: -3, jump: 0.5 },
      { at: 3, jump: 0.5 },
    ],
  }),
];
