/** out = x where x > 0, else alpha · (eˣ - 1).   N elements */
export function elu(out: Float32Array, x: Float32Array, alpha: number, N: number): void {
  for (let i = 0; i < N; i++) out[i] = x[i]! > 0 ? x[i]! : alpha * Math.expm1(x[i]!);
}

export function eluBackward(dx: Float32Array, dout: Float32Array, x: Float32Array, alpha: number, N: number): void {
  for (let i = 0; i < N; i++) dx[i]! += x[i]! > 0 ? dout[i]! : dout[i]! * alpha * Math.exp(x[i]!);
}

/** out = x where x > 0, else slope[c] · x.   out, x: [B, C, plane], slope: [C] */
export function prelu(
  out: Float32Array,
  x: Float32Array,
  slope: Float32Array,
  B: number,
  C: number,
  plane: number,
): void {
  for (let i = 0; i < B * C * plane; i++) out[i] = x[i]! > 0 ? x[i]! : slope[Math.floor(i / plane) % C]! * x[i]!;
}

/** dslope: [C] sums over batch and plane where x was negative. */
export function preluBackward(
  dx: Float32Array,
  dslope: Float32Array,
  dout: Float32Array,
  x: Float32Array,
  slope: Float32Array,
  B: number,
  C: number,
  plane: number,
): void {
  for (let i = 0; i < B * C * plane; i++) {
    const c = Math.floor(i / plane) % C;
    dx[i]! += x[i]! > 0 ? dout[i]! : slope[c]! * dout[i]!;
    if (!(x[i]! > 0)) dslope[c]! += x[i]! * dout[i]!;
  }
}
