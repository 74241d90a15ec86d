import { floatAttribute } from '../attributes.ts';
import { erfc } from '../oracle/ops/_erf.ts';
import type { Attributes } from '../types/graph.ts';

/** A derivative as people write it. `of` reads the input x; `from` reads the output y instead. */
export interface Slope {
  readonly name: string;
  readonly of: (x: number) => number;
  readonly from?: (y: number) => number;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const bell = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const GELU_ROOT = Math.sqrt(2 / Math.PI);

/** Φ(x), the normal distribution. */
export const normal = (x: number): number => erfc(-x / Math.SQRT2) / 2;

/** d/dx of GELU's approximation by tanh. */
function geluByTanh(x: number): number {
  const t = Math.tanh(GELU_ROOT * (x + 0.044715 * x ** 3));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * GELU_ROOT * (1 + 3 * 0.044715 * x * x);
}

/** d/dx of x·σ(k·x). */
const swish =
  (k: number) =>
  (x: number): number => {
    const s = sigmoid(k * x);
    return s + k * x * s * (1 - s);
  };

/** d/dx of x·tanh(softplus(x)). */
function mish(x: number): number {
  const t = Math.tanh(Math.log1p(Math.exp(x)));
  return t + x * (1 - t * t) * sigmoid(x);
}

/** Derivatives that one layer may have taken from another, and pieces of derivatives that people forget the rest of. */
export const SLOPES: readonly Slope[] = [
  { name: "sigmoid's derivative", of: (x) => sigmoid(x) * (1 - sigmoid(x)), from: (y) => y * (1 - y) },
  { name: "tanh's derivative", of: (x) => 1 - Math.tanh(x) ** 2, from: (y) => 1 - y * y },
  { name: "ReLU's derivative", of: (x) => (x > 0 ? 1 : 0) },
  { name: "leaky ReLU's derivative (slope 0.01)", of: (x) => (x > 0 ? 1 : 0.01) },
  { name: "ReLU6's derivative", of: (x) => (x > 0 && x < 6 ? 1 : 0) },
  { name: "the step's derivative between −1 and 1", of: (x) => (Math.abs(x) <= 1 ? 1 : 0) },
  { name: "ELU's derivative", of: (x) => (x > 0 ? 1 : Math.exp(x)), from: (y) => (y > 0 ? 1 : y + 1) },
  { name: "softplus's derivative", of: sigmoid, from: (y) => 1 - Math.exp(-y) },
  { name: "softsign's derivative", of: (x) => 1 / (1 + Math.abs(x)) ** 2, from: (y) => (1 - Math.abs(y)) ** 2 },
  { name: "SiLU's derivative", of: swish(1) },
  { name: "GELU's derivative by tanh", of: geluByTanh },
  { name: "GELU's derivative by sigmoid (1.702)", of: swish(1.702) },
  { name: "Mish's derivative", of: mish },
  { name: 'x·φ(x) (without Φ(x))', of: (x) => x * bell(x) },
  { name: 'the normal density φ(x)', of: bell },
  { name: 'x·σ′(x) (without σ(x))', of: (x) => x * sigmoid(x) * (1 - sigmoid(x)) },
  { name: "the hard sigmoid's derivative", of: (x) => (Math.abs(x) < 2.5 ? 0.2 : 0) },
  { name: "the hard sigmoid's derivative (1/6)", of: (x) => (Math.abs(x) < 3 ? 1 / 6 : 0) },
  {
    name: 'the gate alone (x/6 + ½ between 0 and 1, without x·its derivative)',
    of: (x) => Math.max(0, Math.min(1, x / 6 + 0.5)),
  },
  { name: "the hard swish's derivative", of: (x) => (x < -3 ? 0 : x > 3 ? 1 : (2 * x + 3) / 6) },
  { name: 'e^x', of: Math.exp },
];

/** Pieces and slips of formulas that read the output y. */
export const SLIPS: readonly { readonly name: string; readonly from: (y: number) => number }[] = [
  { name: 'y', from: (y) => y },
  { name: '1 − y', from: (y) => 1 - y },
  { name: '1 + y', from: (y) => 1 + y },
  { name: 'y²', from: (y) => y * y },
  { name: '1 + y²', from: (y) => 1 + y * y },
  { name: '1 − |y|', from: (y) => 1 - Math.abs(y) },
  { name: 'y·(1 + y)', from: (y) => y * (1 + y) },
  { name: '(1 − y)²', from: (y) => (1 - y) ** 2 },
  { name: '√(1 − y²)', from: (y) => Math.sqrt(Math.max(0, 1 - y * y)) },
  { name: '1 / y', from: (y) => 1 / y },
  { name: '1 / y²', from: (y) => 1 / (y * y) },
];

/** The derivative of an operator as a formula of its output, where people write it so. */
export const FROM_OUTPUT: Readonly<Record<string, (attributes: Attributes) => (y: number) => number>> = {
  Sigmoid: () => (y) => y * (1 - y),
  Tanh: () => (y) => 1 - y * y,
  Exp: () => (y) => y,
  Sqrt: () => (y) => 1 / (2 * y),
  Reciprocal: () => (y) => -y * y,
  Softplus: () => (y) => 1 - Math.exp(-y),
  Softsign: () => (y) => (1 - Math.abs(y)) ** 2,
  Tan: () => (y) => 1 + y * y,
  Elu: (attributes) => {
    const alpha = floatAttribute(attributes, 'alpha', 1);
    return (y) => (y > 0 ? 1 : y + alpha);
  },
  Selu: (attributes) => {
    const alpha = floatAttribute(attributes, 'alpha', 1.6732632);
    const gamma = floatAttribute(attributes, 'gamma', 1.050701);
    return (y) => (y > 0 ? gamma : y + gamma * alpha);
  },
};
