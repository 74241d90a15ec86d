/** How the heads lie in a row, and what a position may look at. */
export interface Attention {
  readonly heads: number;
  /** What scores are multiplied by: 1 / √(numbers a head). */
  readonly scale: number;
  /** Position t looks at positions up to t + reach only: 0 is causal, T leaves nothing out. */
  readonly reach: number;
}

/**
 * Every position's mean of values, weighted by how well its query meets their keys, head by head: the heads lie beside each other.
 *
 * out, q, k, v: [B, T, D], probabilities: [B, heads, T, T], which the backward pass wants
 */
export function attention(
  out: Float32Array,
  probabilities: Float32Array,
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  B: number,
  T: number,
  D: number,
  how: Attention,
): void {
  const size = D / how.heads;
  for (let row = 0; row < B * how.heads * T; row++) {
    const [t, head, b] = [row % T, Math.floor(row / T) % how.heads, Math.floor(row / (T * how.heads))];
    const at = (position: number) => (b * T + position) * D + head * size;
    const last = Math.min(T - 1, t + how.reach);
    let max = -Infinity;
    const scores: number[] = [];
    for (let s = 0; s <= last; s++) {
      let dot = 0;
      for (let i = 0; i < size; i++) dot += q[at(t) + i]! * k[at(s) + i]!;
      scores.push(dot * how.scale);
      max = Math.max(max, dot * how.scale);
    }
    let sum = 0;
    for (let s = 0; s <= last; s++) sum += Math.exp(scores[s]! - max);
    for (let s = 0; s <= last; s++) probabilities[row * T + s] = Math.exp(scores[s]! - max) / sum;
    for (let i = 0; i < size; i++) {
      let mean = 0;
      for (let s = 0; s <= last; s++) mean += probabilities[row * T + s]! * v[at(s) + i]!;
      out[at(t) + i] = mean;
    }
  }
}

/** Adds to dq, dk and dv: [B, T, D] what dout: [B, T, D] leads to. */
export function attentionBackward(
  dq: Float32Array,
  dk: Float32Array,
  dv: Float32Array,
  dout: Float32Array,
  probabilities: Float32Array,
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  B: number,
  T: number,
  D: number,
  how: Attention,
): void {
  const size = D / how.heads;
  for (let row = 0; row < B * how.heads * T; row++) {
    const [t, head, b] = [row % T, Math.floor(row / T) % how.heads, Math.floor(row / (T * how.heads))];
    const at = (position: number) => (b * T + position) * D + head * size;
    const last = Math.min(T - 1, t + how.reach);
    const dprobabilities: number[] = [];
    let sum = 0;
    for (let s = 0; s <= last; s++) {
      const p = probabilities[row * T + s]!;
      let d = 0;
      for (let i = 0; i < size; i++) {
        d += dout[at(t) + i]! * v[at(s) + i]!;
        dv[at(s) + i]! += p * dout[at(t) + i]!;
      }
      dprobabilities.push(d);
      sum += d * p;
    }
    for (let s = 0; s <= last; s++) {
      const dscore = probabilities[row * T + s]! * (dprobabilities[s]! - sum) * how.scale;
      for (let i = 0; i < size; i++) {
        dq[at(t) + i]! += dscore * k[at(s) + i]!;
        dk[at(s) + i]! += dscore * q[at(t) + i]!;
      }
    }
  }
}
