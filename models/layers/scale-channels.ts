/** out = x · scale, one factor for each channel of each example.   out, x: [B, C, plane], scale: [B, C] */
export function scaleChannels(
  out: Float32Array,
  x: Float32Array,
  scale: Float32Array,
  B: number,
  C: number,
  plane: number,
): void {
  for (let i = 0; i < B * C * plane; i++) out[i] = x[i]! * scale[Math.floor(i / plane)]!;
}

/** dscale: [B, C] sums over the plane. */
export function scaleChannelsBackward(
  dx: Float32Array,
  dscale: Float32Array,
  dout: Float32Array,
  x: Float32Array,
  scale: Float32Array,
  B: number,
  C: number,
  plane: number,
): void {
  for (let i = 0; i < B * C * plane; i++) {
    const channel = Math.floor(i / plane);
    dx[i]! += dout[i]! * scale[channel]!;
    dscale[channel]! += dout[i]! * x[i]!;
  }
}
