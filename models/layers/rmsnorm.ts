/** Each row divided by the root of its mean square, then scaled.   out, x: [N, D], rrms: [N], which the backward pass wants, weight: [D] */
export function rmsnorm(
  out: Float32Array,
  rrms: Float32Array,
  x: Float32Array,
  weight: Float32Array,
  epsilon: number,
  N: number,
  D: number,
): void {
  for (let n = 0; n < N; n++) {
    let squares = 0;
    for (let d = 0; d < D; d++) squares += x[n * D + d]! ** 2;
    rrms[n] = 1 / Math.sqrt(squares / D + epsilon);
    for (let d = 0; d < D; d++) out[n * D + d] = x[n * D + d]! * rrms[n]! * weight[d]!;
  }
}

/** With g = dout · weight and x̂ = x · rrms: dx = rrms · (g - x̂ · mean of g · x̂) */
export function rmsnormBackward(
  dx: Float32Array,
  dweight: Float32Array,
  dout: Float32Array,
  x: Float32Array,
  rrms: Float32Array,
  weight: Float32Array,
  N: number,
  D: number,
): void {
  for (let n = 0; n < N; n++) {
    let projected = 0;
    for (let d = 0; d < D; d++) {
      const normal = x[n * D + d]! * rrms[n]!;
      projected += (dout[n * D + d]! * weight[d]! * normal) / D;
      dweight[d]! += dout[n * D + d]! * normal;
    }
    for (let d = 0; d < D; d++) {
      dx[n * D + d]! += rrms[n]! * (dout[n * D + d]! * weight[d]! - x[n * D + d]! * rrms[n]! * projected);
    }
  }
}
