import type { GraphMath } from './_math.ts';

/** Derivative of x Φ(x): Φ(x) + x φ(x), with Φ and φ of the standard normal distribution (arXiv:1606.08415). */
export function geluDerivative({ mul, add, erf, exp, div }: GraphMath, x: string): string {
  const cumulative = mul(0.5, add(1, erf(div(x, Math.SQRT2))));
  const density = mul(1 / Math.sqrt(2 * Math.PI), exp(mul(-0.5, mul(x, x))));
  return add(cumulative, mul(x, density));
}

/** Derivative of x/2 (1 + tanh u), u = √(2/π) (x + 0.044715 x³). */
export function tanhGeluDerivative({ mul, add, sub, tanh }: GraphMath, x: string): string {
  const scale = Math.sqrt(2 / Math.PI);
  const square = mul(x, x);
  const t = tanh(mul(scale, mul(x, add(1, mul(0.044715, square)))));
  const inner = mul(scale, add(1, mul(3 * 0.044715, square)));
  return add(mul(0.5, add(1, t)), mul(mul(0.5, x), mul(sub(1, mul(t, t)), inner)));
}
