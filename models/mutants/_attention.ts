import type { ForwardContext, Network } from '../../adapters/network/index.ts';
import { matmul } from '../layers/matmul.ts';
import { softmax } from '../layers/softmax.ts';
import { exchange } from '../layers/transpose.ts';
import { apart } from '../nets/blocks/attention.ts';
import { GPT } from '../nets/gpt.ts';
import { withOutput } from './_mutant.ts';

const { heads, T, D } = GPT;
const size = D / heads;

/** What attention does in turn; a mutant does one of them otherwise. */
export interface Steps {
  /** [B, T, D] → [B · heads, T, size] */
  split(x: Float32Array, B: number): Float32Array;
  readonly scale: number;
  isMasked(t: number, s: number): boolean;
  /** Of so many rows of T scores. */
  softmax(scores: Float32Array, rows: number): Float32Array;
  /** [B · heads, T, size] → [B, T, D] */
  merge(x: Float32Array, B: number): Float32Array;
}

const RIGHT: Steps = {
  split(x, B) {
    const out = new Float32Array(x.length);
    exchange(out, x, B, T, heads, size);
    return out;
  },
  scale: 1 / Math.sqrt(size),
  isMasked: (t, s) => s > t,
  softmax(scores, rows) {
    const out = new Float32Array(scores.length);
    softmax(out, scores, rows, T);
    return out;
  },
  merge(x, B) {
    const out = new Float32Array(x.length);
    exchange(out, x, B, heads, T, size);
    return out;
  },
};

/** The network with an attention that does one of its steps otherwise; its way back stays right. */
export function withAttention(network: Network, name: string, wrong: Partial<Steps>): Network {
  return withOutput(network, name, (out, context) => out.set(attended(context, { ...RIGHT, ...wrong })));
}

function attended({ input }: ForwardContext, steps: Steps): Float32Array {
  const B = input.shape[0]!;
  const [q, k, v] = apart(input).map((each) => steps.split(each, B)) as [Float32Array, Float32Array, Float32Array];
  const columns = new Float32Array(k.length);
  exchange(columns, k, B * heads, T, size, 1);
  const scores = new Float32Array(B * heads * T * T);
  matmul(scores, q, columns, B * heads, T, size, T);
  const masked = scores.map((x, at) =>
    steps.isMasked(Math.floor(at / T) % T, at % T) ? Number.NEGATIVE_INFINITY : x * steps.scale,
  );
  const means = new Float32Array(v.length);
  matmul(means, steps.softmax(masked, B * heads * T), v, B * heads, T, T, size);
  return steps.merge(means, B);
}
