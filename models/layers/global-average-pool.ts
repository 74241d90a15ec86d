/** out[b, c] = mean of x over rows and columns.   out: [B, C, 1, 1], x: [B, C, H, W] */
export function globalAveragePool(
  out: Float32Array,
  x: Float32Array,
  B: number,
  C: number,
  H: number,
  W: number,
): void {
  for (let plane = 0; plane < B * C; plane++) {
    let sum = 0;
    for (let i = 0; i < H * W; i++) sum += x[plane * H * W + i]!;
    out[plane] = sum / (H * W);
  }
}

/** dx: [B, C, H, W], dout: [B, C, 1, 1] */
export function globalAveragePoolBackward(
  dx: Float32Array,
  dout: Float32Array,
  B: number,
  C: number,
  H: number,
  W: number,
): void {
  for (let plane = 0; plane < B * C; plane++) {
    for (let i = 0; i < H * W; i++) dx[plane * H * W + i]! += dout[plane]! / (H * W);
  }
}
