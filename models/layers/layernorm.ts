/**
 * Each row less its mean, divided by its deviation, then scaled and shifted. The variance is divided by D, not D - 1.
 *
 * out, x: [N, D], mean, rstd: [N], which the backward pass wants, weight, bias: [D]
 */
export function layernorm(
  out: Float32Array,
  mean: Float32Array,
  rstd: Float32Array,
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  epsilon: number,
  N: number,
  D: number,
): void {
  for (let n = 0; n < N; n++) {
    let sum = 0;
    for (let d = 0; d < D; d++) sum += x[n * D + d]!;
    const m = sum / D;
    let squares = 0;
    for (let d = 0; d < D; d++) squares += (x[n * D + d]! - m) ** 2;
    mean[n] = m;
    rstd[n] = 1 / Math.sqrt(squares / D + epsilon);
    for (let d = 0; d < D; d++) out[n * D + d] = (x[n * D + d]! - m) * rstd[n]! * weight[d]! + bias[d]!;
  }
}

/** With g = dout · weight and x̂ = (x - mean) · rstd: dx = rstd · (g - mean of g - x̂ · mean of g · x̂) */
export function layernormBackward(
  dx: Float32Array,
  dweight: Float32Array,
  dbias: Float32Array,
  dout: Float32Array,
  x: Float32Array,
  mean: Float32Array,
  rstd: Float32Array,
  weight: Float32Array,
  N: number,
  D: number,
): void {
  for (let n = 0; n < N; n++) {
    let [total, projected] = [0, 0];
    for (let d = 0; d < D; d++) {
      const [g, normal] = [dout[n * D + d]! * weight[d]!, (x[n * D + d]! - mean[n]!) * rstd[n]!];
      total += g / D;
      projected += (g * normal) / D;
      dweight[d]! += dout[n * D + d]! * normal;
      dbias[d]! += dout[n * D + d]!;
    }
    for (let d = 0; d < D; d++) {
      const normal = (x[n * D + d]! - mean[n]!) * rstd[n]!;
      dx[n * D + d]! += rstd[n]! * (dout[n * D + d]! * weight[d]! - total - normal * projected);
    }
  }
}
