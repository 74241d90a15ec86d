/**
 * Mean of each example's group of channels, and 1 / √(variance + epsilon), the variance divided by n.
 * As many groups as channels: instance normalisation.
 *
 * mean, rstd: [B, G], x: [B, C, H, W]
 */
export function groupStatistics(
  mean: Float32Array,
  rstd: Float32Array,
  x: Float32Array,
  epsilon: number,
  G: number,
  B: number,
  C: number,
  H: number,
  W: number,
): void {
  const n = (C / G) * H * W;
  for (let g = 0; g < B * G; g++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += x[g * n + i]!;
    const m = sum / n;
    let squares = 0;
    for (let i = 0; i < n; i++) squares += (x[g * n + i]! - m) ** 2;
    mean[g] = m;
    rstd[g] = 1 / Math.sqrt(squares / n + epsilon);
  }
}

/** out = (x - mean) · rstd · weight + bias.   out, x: [B, C, H, W], mean, rstd: [B, G], weight, bias: [C] */
export function groupnorm(
  out: Float32Array,
  x: Float32Array,
  mean: Float32Array,
  rstd: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  G: number,
  B: number,
  C: number,
  H: number,
  W: number,
): void {
  const n = (C / G) * H * W;
  for (let at = 0; at < B * C * H * W; at++) {
    const [g, c] = [Math.floor(at / n), Math.floor(at / (H * W)) % C];
    out[at] = (x[at]! - mean[g]!) * rstd[g]! * weight[c]! + bias[c]!;
  }
}

/**
 * With x̂ = (x - mean) · rstd and d = dout · weight, in each group of n elements: dx = rstd · (d - mean of d - x̂ · mean of d · x̂)
 *
 * dx, dout, x: [B, C, H, W], mean, rstd: [B, G], the others: [C]
 */
export function groupnormBackward(
  dx: Float32Array,
  dweight: Float32Array,
  dbias: Float32Array,
  dout: Float32Array,
  x: Float32Array,
  mean: Float32Array,
  rstd: Float32Array,
  weight: Float32Array,
  G: number,
  B: number,
  C: number,
  H: number,
  W: number,
): void {
  const n = (C / G) * H * W;
  for (let g = 0; g < B * G; g++) {
    let [total, projected] = [0, 0];
    for (let at = g * n; at < (g + 1) * n; at++) {
      const c = Math.floor(at / (H * W)) % C;
      const normal = (x[at]! - mean[g]!) * rstd[g]!;
      total += dout[at]! * weight[c]!;
      projected += dout[at]! * weight[c]! * normal;
      dweight[c]! += dout[at]! * normal;
      dbias[c]! += dout[at]!;
    }
    for (let at = g * n; at < (g + 1) * n; at++) {
      const c = Math.floor(at / (H * W)) % C;
      const normal = (x[at]! - mean[g]!) * rstd[g]!;
      dx[at]! += rstd[g]! * (dout[at]! * weight[c]! - total / n - (normal * projected) / n);
    }
  }
}
