/** out[n, o] = bias[o] + Σ_i x[n, i] · weight[i, o]: a linear layer whose weight has its inputs first.   out: [N, O], x: [N, I], weight: [I, O], bias: [O] or null */
export function projection(
  out: Float32Array,
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array | null,
  N: number,
  I: number,
  O: number,
): void {
  for (let n = 0; n < N; n++) {
    for (let o = 0; o < O; o++) {
      let sum = bias ? bias[o]! : 0;
      for (let i = 0; i < I; i++) sum += x[n * I + i]! * weight[i * O + o]!;
      out[n * O + o] = sum;
    }
  }
}

/** Adds to dx: [N, I], dweight: [I, O] and dbias: [O] (or null) what dout: [N, O] leads to. */
export function projectionBackward(
  dx: Float32Array,
  dweight: Float32Array,
  dbias: Float32Array | null,
  dout: Float32Array,
  x: Float32Array,
  weight: Float32Array,
  N: number,
  I: number,
  O: number,
): void {
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < I; i++) {
      let sum = 0;
      for (let o = 0; o < O; o++) {
        sum += weight[i * O + o]! * dout[n * O + o]!;
        dweight[i * O + o]! += x[n * I + i]! * dout[n * O + o]!;
      }
      dx[n * I + i]! += sum;
    }
    if (dbias) for (let o = 0; o < O; o++) dbias[o]! += dout[n * O + o]!;
  }
}
