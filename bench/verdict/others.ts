import { toNumbers } from '../../harness/tensor.ts';
import { allclose } from '../../harness/tolerances/allclose.ts';
import type { Tensor } from '../../harness/types/tensor.ts';

/** A rule that others use: the subject against the framework alone. */
export interface Rule {
  readonly name: string;
  readonly passes: (subject: Tensor, reference: Tensor) => boolean;
}

const close =
  (rtol: number, atol: number): Rule['passes'] =>
  (subject, reference) => {
    const [a, b] = [toNumbers(subject), toNumbers(reference)];
    const { shape } = reference;
    return allclose(rtol, atol).judge({
      subject: a,
      reference: b,
      oracle: null,
      slack: null,
      shape,
      dtype: 'float32',
      scale: 0,
    }).passes;
  };

const errors = (subject: Tensor, reference: Tensor): Float64Array => {
  const b = toNumbers(reference);
  return toNumbers(subject).map((x, i) => (Object.is(x, b[i]) ? 0 : Math.abs(x - b[i]!)));
};

function cosineOf(subject: Tensor, reference: Tensor): number {
  const [a, b] = [toNumbers(subject), toNumbers(reference)];
  const largest = Math.max(...[a, b].map((v) => v.reduce((m, x) => Math.max(m, Math.abs(x)), 0)));
  let [dot, left, right] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! / largest, b[i]! / largest];
    dot += x * y;
    left += x * x;
    right += y * y;
  }
  if (left === 0 && right === 0) return 1;
  return dot / Math.sqrt(left * right);
}

/** With the constants that their users write or get by default. */
export const RULES: readonly Rule[] = [
  { name: 'numpy allclose (rtol 1e-5, atol 1e-8)', passes: close(1e-5, 1e-8) },
  { name: 'torch assert_close, float32 (1.3e-6, 1e-5)', passes: close(1.3e-6, 1e-5) },
  { name: 'allclose 1e-4, 1e-4', passes: close(1e-4, 1e-4) },
  { name: 'largest error ≤ 1e-3', passes: (a, b) => errors(a, b).every((e) => e <= 1e-3) },
  { name: 'cosine ≥ 0.99', passes: (a, b) => cosineOf(a, b) >= 0.99 },
  { name: 'mean error ≤ 1e-6', passes: (a, b) => errors(a, b).reduce((s, e) => s + e, 0) / a.data.length <= 1e-6 },
];
