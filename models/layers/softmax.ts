/** Each row's exponentials, divided by their sum; -Infinity has none.   out, x: [N, C] */
export function softmax(out: Float32Array, x: Float32Array, N: number, C: number): void {
  for (let n = 0; n < N; n++) {
    let max = -Infinity;
    for (let c = 0; c < C; c++) max = Math.max(max, x[n * C + c]!);
    let sum = 0;
    for (let c = 0; c < C; c++) sum += Math.exp(x[n * C + c]! - max);
    for (let c = 0; c < C; c++) out[n * C + c] = Math.exp(x[n * C + c]! - max) / sum;
  }
}

/** dx = out · (dout - Σ dout · out): in terms of the output */
export function softmaxBackward(dx: Float32Array, dout: Float32Array, out: Float32Array, N: number, C: number): void {
  for (let n = 0; n < N; n++) {
    let sum = 0;
    for (let c = 0; c < C; c++) sum += dout[n * C + c]! * out[n * C + c]!;
    for (let c = 0; c < C; c++) dx[n * C + c]! += out[n * C + c]! * (dout[n * C + c]! - sum);
  }
}
