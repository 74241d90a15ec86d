/** out[b, o] = bias[o] + Σ_i x[b, i] · weight[o, i].   out: [B, O], x: [B, I], weight: [O, I], bias: [O] or null */
export function linear(
  out: Float32Array,
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array | null,
  B: number,
  I: number,
  O: number,
): void {
  for (let b = 0; b < B; b++) {
    for (let o = 0; o < O; o++) {
      let sum = bias ? bias[o]! : 0;
      for (let i = 0; i < I; i++) sum += x[b * I + i]! * weight[o * I + i]!;
      out[b * O + o] = sum;
    }
  }
}

/** Adds to dx: [B, I], dweight: [O, I] and dbias: [O] (or null) what dout: [B, O] leads to. */
export function linearBackward(
  dx: Float32Array,
  dweight: Float32Array,
  dbias: Float32Array | null,
  dout: Float32Array,
  x: Float32Array,
  weight: Float32Array,
  B: number,
  I: number,
  O: number,
): void {
  for (let b = 0; b < B; b++) {
    for (let o = 0; o < O; o++) {
      const d = dout[b * O + o]!;
      for (let i = 0; i < I; i++) {
        dx[b * I + i]! += weight[o * I + i]! * d;
        dweight[o * I + i]! += x[b * I + i]! * d;
      }
      if (dbias) dbias[o]! += d;
    }
  }
}
