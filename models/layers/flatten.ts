/** The same numbers in the same order, as [B, C·H·W]: a copy of N elements. */
export function flatten(out: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) out[i] = x[i]!;
}

export function flattenBackward(dx: Float32Array, dout: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) dx[i]! += dout[i]!;
}
