/** out[a, c, b] = x[a, b, c], elements of D numbers each: time and batch, or time and heads, exchanged.   x: [A, B, C, D], out: [A, C, B, D] */
export function exchange(out: Float32Array, x: Float32Array, A: number, B: number, C: number, D: number): void {
  for (let a = 0; a < A; a++) {
    for (let b = 0; b < B; b++) {
      for (let c = 0; c < C; c++) {
        for (let d = 0; d < D; d++) out[((a * C + c) * B + b) * D + d] = x[((a * B + b) * C + c) * D + d]!;
      }
    }
  }
}

/** dx[a, b, c] += dout[a, c, b] */
export function exchangeBackward(
  dx: Float32Array,
  dout: Float32Array,
  A: number,
  B: number,
  C: number,
  D: number,
): void {
  for (let a = 0; a < A; a++) {
    for (let b = 0; b < B; b++) {
      for (let c = 0; c < C; c++) {
        for (let d = 0; d < D; d++) dx[((a * B + b) * C + c) * D + d]! += dout[((a * C + c) * B + b) * D + d]!;
      }
    }
  }
}
