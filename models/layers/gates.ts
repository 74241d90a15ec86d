// N elements each; backward adds to dx what dout leads to.

/** out = x · sigmoid(x): SiLU */
export function silu(out: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) out[i] = x[i]! / (1 + Math.exp(-x[i]!));
}

export function siluBackward(dx: Float32Array, dout: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) {
    const s = 1 / (1 + Math.exp(-x[i]!));
    dx[i]! += dout[i]! * (s + x[i]! * s * (1 - s));
  }
}

/** out = x / 6 + ½, between 0 and 1 */
export function hardSigmoid(out: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) out[i] = Math.max(0, Math.min(1, x[i]! / 6 + 0.5));
}

/** dx = dout / 6 where the line is not cut off */
export function hardSigmoidBackward(dx: Float32Array, dout: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) if (x[i]! > -3 && x[i]! < 3) dx[i]! += dout[i]! / 6;
}

/** out = x · (x / 6 + ½), the second factor between 0 and 1 */
export function hardSwish(out: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) out[i] = x[i]! * Math.max(0, Math.min(1, x[i]! / 6 + 0.5));
}

export function hardSwishBackward(dx: Float32Array, dout: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) {
    if (x[i]! >= 3) dx[i]! += dout[i]!;
    else if (x[i]! > -3) dx[i]! += dout[i]! * (x[i]! / 3 + 0.5);
  }
}

/** out = x between 0 and 6 */
export function relu6(out: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) out[i] = Math.max(0, Math.min(6, x[i]!));
}

export function relu6Backward(dx: Float32Array, dout: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) if (x[i]! > 0 && x[i]! < 6) dx[i]! += dout[i]!;
}
