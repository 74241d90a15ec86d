/**
 * Mean of each channel, and 1 / √(variance + epsilon), the variance divided by n (not n - 1), as normalisation has it.
 *
 * mean, rstd: [C], x: [B, C, H, W]
 */
export function batchStatistics(
  mean: Float32Array,
  rstd: Float32Array,
  x: Float32Array,
  epsilon: number,
  B: number,
  C: number,
  H: number,
  W: number,
): void {
  const n = B * H * W;
  for (let c = 0; c < C; c++) {
    let sum = 0;
    for (let b = 0; b < B; b++) for (let i = 0; i < H * W; i++) sum += x[(b * C + c) * H * W + i]!;
    const m = sum / n;
    let squares = 0;
    for (let b = 0; b < B; b++) for (let i = 0; i < H * W; i++) squares += (x[(b * C + c) * H * W + i]! - m) ** 2;
    mean[c] = m;
    rstd[c] = 1 / Math.sqrt(squares / n + epsilon);
  }
}

/** The same from running statistics, as in evaluation.   rstd, variance: [C] */
export function runningStatistics(rstd: Float32Array, variance: Float32Array, epsilon: number, C: number): void {
  for (let c = 0; c < C; c++) rstd[c] = 1 / Math.sqrt(variance[c]! + epsilon);
}

/** out = (x - mean) · rstd · weight + bias, channel by channel.   out, x: [B, C, H, W], mean, rstd, weight, bias: [C] */
export function batchnorm(
  out: Float32Array,
  x: Float32Array,
  mean: Float32Array,
  rstd: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  B: number,
  C: number,
  H: number,
  W: number,
): void {
  for (let b = 0; b < B; b++) {
    for (let c = 0; c < C; c++) {
      for (let i = 0; i < H * W; i++) {
        const at = (b * C + c) * H * W + i;
        out[at] = (x[at]! - mean[c]!) * rstd[c]! * weight[c]! + bias[c]!;
      }
    }
  }
}

/**
 * Training: mean and rstd depend on x. With n = B·H·W, x̂ = (x - mean) · rstd:
 * dx = weight · rstd / n · (n · dout - Σ dout - x̂ · Σ dout · x̂)
 *
 * dx, dout, x: [B, C, H, W], the others: [C]
 */
export function batchnormTrainingBackward(
  dx: Float32Array,
  dweight: Float32Array,
  dbias: Float32Array,
  dout: Float32Array,
  x: Float32Array,
  mean: Float32Array,
  rstd: Float32Array,
  weight: Float32Array,
  B: number,
  C: number,
  H: number,
  W: number,
): void {
  const n = B * H * W;
  for (let c = 0; c < C; c++) {
    const [total, projected] = channelSums(dout, x, mean[c]!, rstd[c]!, c, B, C, H, W);
    dbias[c]! += total;
    dweight[c]! += projected;
    for (let b = 0; b < B; b++) {
      for (let i = 0; i < H * W; i++) {
        const at = (b * C + c) * H * W + i;
        const normal = (x[at]! - mean[c]!) * rstd[c]!;
        dx[at]! += ((weight[c]! * rstd[c]!) / n) * (n * dout[at]! - total - normal * projected);
      }
    }
  }
}

/** Evaluation: mean and rstd are constants, so dx = weight · rstd · dout. */
export function batchnormEvaluationBackward(
  dx: Float32Array,
  dweight: Float32Array,
  dbias: Float32Array,
  dout: Float32Array,
  x: Float32Array,
  mean: Float32Array,
  rstd: Float32Array,
  weight: Float32Array,
  B: number,
  C: number,
  H: number,
  W: number,
): void {
  for (let c = 0; c < C; c++) {
    const [total, projected] = channelSums(dout, x, mean[c]!, rstd[c]!, c, B, C, H, W);
    dbias[c]! += total;
    dweight[c]! += projected;
    for (let b = 0; b < B; b++) {
      for (let i = 0; i < H * W; i++) {
        const at = (b * C + c) * H * W + i;
        dx[at]! += weight[c]! * rstd[c]! * dout[at]!;
      }
    }
  }
}

/** Σ dout and Σ dout · x̂ of one channel. */
function channelSums(
  dout: Float32Array,
  x: Float32Array,
  mean: number,
  rstd: number,
  c: number,
  B: number,
  C: number,
  H: number,
  W: number,
): [number, number] {
  let [total, projected] = [0, 0];
  for (let b = 0; b < B; b++) {
    for (let i = 0; i < H * W; i++) {
      const at = (b * C + c) * H * W + i;
      total += dout[at]!;
      projected += dout[at]! * (x[at]! - mean) * rstd;
    }
  }
  return [total, projected];
}
