import { type Attention, attention, attentionBackward } from '../../layers/attention.ts';
import { type Constant, type Layer, type Operator, type Tensor, zeros } from '../layer.ts';
import { integers } from './embedding.ts';
import { number } from './row-norm.ts';

/** T × T: 0 where position t (row) may look at position s (column), -Infinity where s is later. */
const causalMask = (T: number): Constant => ({
  dtype: 'float32',
  shape: [T, T],
  data: Float32Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? -Infinity : 0)),
});

/** Queries, keys and values, which lie beside each other in a row, apart. */
export function apart({ data, shape }: Tensor): [q: Float32Array, k: Float32Array, v: Float32Array] {
  const D = shape[2]! / 3;
  const part = (which: number) =>
    Float32Array.from({ length: data.length / 3 }, (_, i) => data[(3 * Math.floor(i / D) + which) * D + (i % D)]!);
  return [part(0), part(1), part(2)];
}

/** And beside each other again. */
export function beside(parts: readonly Float32Array[], D: number): Float32Array {
  return Float32Array.from({ length: 3 * parts[0]!.length }, (_, i) => {
    const row = Math.floor(i / (3 * D));
    return parts[Math.floor(i / D) % 3]![row * D + (i % D)]!;
  });
}

/** Causal attention of a sequence to itself, from queries, keys and values in one tensor: [B, T, 3D] → [B, T, D]. */
export function selfAttention(name: string, input: string, heads: number, T: number, D: number): Layer {
  const how: Attention = { heads, scale: 1 / Math.sqrt(D / heads), reach: 0 };
  return {
    name,
    inputs: [input],
    op: attentionInSteps(input, how, T, D),
    forward({ input: x, saved }) {
      const [B, T] = x.shape as [number, number];
      const [q, k, v] = apart(x);
      const [out, probabilities] = [new Float32Array(B * T * D), new Float32Array(B * heads * T * T)];
      attention(out, probabilities, q, k, v, B, T, D, how);
      saved['probabilities'] = probabilities;
      return { data: out, shape: [B, T, D] };
    },
    backward({ input: x, saved, gradient }) {
      const [B, T] = x.shape as [number, number];
      const [q, k, v] = apart(x);
      const [dq, dk, dv] = [q, k, v].map((data) => zeros({ data, shape: [] })) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      attentionBackward(dq, dk, dv, gradient, saved['probabilities']!, q, k, v, B, T, D, how);
      return { inputs: [beside([dq, dk, dv], D)] };
    },
  };
}

const attentionInSteps = (input: string, { heads, scale }: Attention, T: number, D: number): readonly Operator[] => [
  { type: 'Split', inputs: [input], attributes: { axis: -1, num_outputs: 3 }, outputs: ['q', 'k', 'v'] },
  ...['q', 'k', 'v'].flatMap((each): Operator[] => [
    { type: 'Reshape', inputs: [each, integers([4], [0, 0, heads, D / heads])], outputs: [`${each} by heads`] },
    {
      type: 'Transpose',
      inputs: [`${each} by heads`],
      attributes: { perm: each === 'k' ? [0, 2, 3, 1] : [0, 2, 1, 3] },
      outputs: [`${each} of heads`],
    },
  ]),
  { type: 'MatMul', inputs: ['q of heads', 'k of heads'], outputs: ['products'] },
  { type: 'Mul', inputs: ['products', number(scale)], outputs: ['scores'] },
  { type: 'Add', inputs: ['scores', causalMask(T)], outputs: ['masked'] },
  { type: 'Softmax', inputs: ['masked'], attributes: { axis: -1 }, outputs: ['probabilities'] },
  { type: 'MatMul', inputs: ['probabilities', 'v of heads'], outputs: ['means'] },
  { type: 'Transpose', inputs: ['means'], attributes: { perm: [0, 2, 1, 3] }, outputs: ['beside'] },
  { type: 'Reshape', inputs: ['beside', integers([3], [0, 0, D])] },
];
