import type { HonestPair } from './measure.ts';

/** An implementation that is wrong itself: what it is accused of is no false alarm. */
export interface KnownWrong {
  readonly subject: string;
  readonly plan: RegExp;
  readonly direction: 'forward' | 'backward';
  readonly tensor: string;
  readonly proof: string;
}

/** Found by this bench, each with the proof that can be made by hand. */
export const KNOWN_WRONG: readonly KnownWrong[] = [
  {
    subject: 'onnxruntime-web (wasm)',
    plan: /^GroupNormalization mean 1000?$/,
    direction: 'forward',
    tensor: 'y',
    proof:
      'ONNX Runtime 1.30.0, `GroupNormalization` far from 0: the variance is taken as E[x²] − E[x]² in float32, which cancels. Proof: one group of 140 numbers, 1000 ± 1 in turn, has the variance 1, so y is ±0.999995; onnxruntime-web gives ±2.8283, onnxruntime-node ±1.0328, and the `InstanceNormalization` of both gives ±1. The verdict says there that the reference is suspect, too',
  },
  {
    subject: 'TensorFlow.js wasm',
    plan: /^MaxPool$/,
    direction: 'backward',
    tensor: 'x0',
    proof:
      'TensorFlow.js 4.22.0, backend wasm: the gradient of `maxPool` is lost in every window whose maximum is negative. Proof: the window (−1, −5, −2, −3) with the gradient 20 gives (0, 0, 0, 0); the same code on the backend cpu gives (20, 0, 0, 0), as does the definition',
  },
];

/** The entry that says so, where the pair's implementation is known to be wrong. */
export const knownWrong = ({ subject, plan, row }: HonestPair): KnownWrong | null =>
  KNOWN_WRONG.find(
    (known) =>
      known.subject === subject &&
      known.plan.test(plan) &&
      known.direction === row.direction &&
      known.tensor === row.tensor,
  ) ?? null;
