// Means over all N elements; loss: []

/** -mean of target · ln p + (1 - target) · ln(1 - p).   p, target: [N] */
export function binaryCrossEntropy(loss: Float32Array, p: Float32Array, target: Float32Array, N: number): void {
  let sum = 0;
  for (let i = 0; i < N; i++) sum -= target[i]! * Math.log(p[i]!) + (1 - target[i]!) * Math.log(1 - p[i]!);
  loss[0] = sum / N;
}

/** dp += dloss · (p - target) / (p · (1 - p)) / N */
export function binaryCrossEntropyBackward(
  dp: Float32Array,
  dloss: Float32Array,
  p: Float32Array,
  target: Float32Array,
  N: number,
): void {
  for (let i = 0; i < N; i++) dp[i]! += (dloss[0]! * (p[i]! - target[i]!)) / (p[i]! * (1 - p[i]!)) / N;
}

/** mean of (y - target)².   y, target: [N] */
export function squaredError(loss: Float32Array, y: Float32Array, target: Float32Array, N: number): void {
  let sum = 0;
  for (let i = 0; i < N; i++) sum += (y[i]! - target[i]!) ** 2;
  loss[0] = sum / N;
}

/** dy += dloss · 2 · (y - target) / N */
export function squaredErrorBackward(
  dy: Float32Array,
  dloss: Float32Array,
  y: Float32Array,
  target: Float32Array,
  N: number,
): void {
  for (let i = 0; i < N; i++) dy[i]! += (dloss[0]! * 2 * (y[i]! - target[i]!)) / N;
}
