/** out[n] = the row of the table that index n names.   out: [N, D], indices: [N], whole numbers, table: [V, D] */
export function embedding(out: Float32Array, indices: Float32Array, table: Float32Array, N: number, D: number): void {
  for (let n = 0; n < N; n++) {
    for (let d = 0; d < D; d++) out[n * D + d] = table[indices[n]! * D + d]!;
  }
}

/** A row that is looked up several times gets the sum.   dtable: [V, D], dout: [N, D] */
export function embeddingBackward(
  dtable: Float32Array,
  dout: Float32Array,
  indices: Float32Array,
  N: number,
  D: number,
): void {
  for (let n = 0; n < N; n++) {
    for (let d = 0; d < D; d++) dtable[indices[n]! * D + d]! += dout[n * D + d]!;
  }
}
