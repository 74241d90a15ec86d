/** out = a + b, N elements each: what a skip connection ends in */
export function add(out: Float32Array, a: Float32Array, b: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) out[i] = a[i]! + b[i]!;
}

/** Both get all of it. */
export function addBackward(da: Float32Array, db: Float32Array, dout: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) {
    da[i]! += dout[i]!;
    db[i]! += dout[i]!;
  }
}
