/** out[n] = a[n] · b[n], N products of matrices.   out: [N, I, J], a: [N, I, K], b: [N, K, J] */
export function matmul(
  out: Float32Array,
  a: Float32Array,
  b: Float32Array,
  N: number,
  I: number,
  K: number,
  J: number,
): void {
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < I; i++) {
      for (let j = 0; j < J; j++) {
        let sum = 0;
        for (let k = 0; k < K; k++) sum += a[(n * I + i) * K + k]! * b[(n * K + k) * J + j]!;
        out[(n * I + i) * J + j] = sum;
      }
    }
  }
}

/** da += dout · bᵀ, db += aᵀ · dout */
export function matmulBackward(
  da: Float32Array,
  db: Float32Array,
  dout: Float32Array,
  a: Float32Array,
  b: Float32Array,
  N: number,
  I: number,
  K: number,
  J: number,
): void {
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < I; i++) {
      for (let j = 0; j < J; j++) {
        const d = dout[(n * I + i) * J + j]!;
        for (let k = 0; k < K; k++) {
          da[(n * I + i) * K + k]! += d * b[(n * K + k) * J + j]!;
          db[(n * K + k) * J + j]! += d * a[(n * I + i) * K + k]!;
        }
      }
    }
  }
}
