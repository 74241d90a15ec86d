/**
 * loss[0] = mean over b of -ln softmax(logits[b])[target[b]], and the probabilities, which the backward pass wants.
 *
 * loss: [], probabilities, logits: [B, C], target: [B], whole numbers
 */
export function softmaxCrossEntropy(
  loss: Float32Array,
  probabilities: Float32Array,
  logits: Float32Array,
  target: Float32Array,
  B: number,
  C: number,
): void {
  let total = 0;
  for (let b = 0; b < B; b++) {
    let max = -Infinity;
    for (let c = 0; c < C; c++) max = Math.max(max, logits[b * C + c]!);
    let sum = 0;
    for (let c = 0; c < C; c++) sum += Math.exp(logits[b * C + c]! - max);
    for (let c = 0; c < C; c++) probabilities[b * C + c] = Math.exp(logits[b * C + c]! - max) / sum;
    total += Math.log(sum) - (logits[b * C + target[b]!]! - max);
  }
  loss[0] = total / B;
}

/** dlogits[b, c] += dloss · (probability - 1 where c is the target) / B */
export function softmaxCrossEntropyBackward(
  dlogits: Float32Array,
  dloss: Float32Array,
  probabilities: Float32Array,
  target: Float32Array,
  B: number,
  C: number,
): void {
  for (let b = 0; b < B; b++) {
    for (let c = 0; c < C; c++) {
      const hit = c === target[b]! ? 1 : 0;
      dlogits[b * C + c]! += (dloss[0]! * (probabilities[b * C + c]! - hit)) / B;
    }
  }
}
