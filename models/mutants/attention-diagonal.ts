import { type Attention, attentionBackward } from '../layers/attention.ts';
import { apart, beside } from '../nets/blocks/attention.ts';
import { GPT } from '../nets/gpt.ts';
import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';
import { ATTENTION } from './_sequence.ts';

const { T, D, heads } = GPT;
const size = D / heads;
const HOW: Attention = { heads, scale: 1 / Math.sqrt(size), reach: 0 };

function diagonal(
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  probabilities: Float32Array,
  gradient: Float32Array,
) {
  const [dq, dk] = [new Float32Array(q.length), new Float32Array(k.length)];
  probabilities.forEach((p, at) => {
    const [s, t, head] = [at % T, Math.floor(at / T) % T, Math.floor(at / (T * T)) % heads];
    const from = Math.floor(at / (T * T * heads)) * T * D + head * size;
    let d = 0;
    for (let i = 0; i < size; i++) d += gradient[from + t * D + i]! * v[from + s * D + i]!;
    for (let i = 0; i < size; i++) {
      dq[from + t * D + i]! += d * p * (1 - p) * HOW.scale * k[from + s * D + i]!;
      dk[from + s * D + i]! += d * p * (1 - p) * HOW.scale * q[from + t * D + i]!;
    }
  });
  return [dq, dk] as const;
}

/** The way back takes each probability for a function of its own score only. */
export const attentionDiagonal: readonly Mutant[] = inLayers(
  { id: 'attention-diagonal', cause: 'gradient.softmax-diagonal', wrong: 'input' },
  ATTENTION,
  (network, layer) =>
    withInputGradient(network, layer, (_, { input, saved, gradient }) => {
      const [q, k, v] = apart(input);
      const [dq, dk, dv] = [q, k, v].map((x) => new Float32Array(x.length)) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      attentionBackward(dq, dk, dv, gradient, saved['probabilities']!, q, k, v, input.shape[0]!, GPT.T, GPT.D, HOW);
      return beside([...diagonal(q, k, v, saved['probabilities']!, gradient), dv], GPT.D);
    }),
);
