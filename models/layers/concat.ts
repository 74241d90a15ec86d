/** The channels of a, then those of b.   out: [B, M + N, plane], a: [B, M, plane], b: [B, N, plane] */
export function concat(
  out: Float32Array,
  a: Float32Array,
  b: Float32Array,
  B: number,
  M: number,
  N: number,
  plane: number,
): void {
  eachPlace(B, M, N, plane, (y, from, first) => {
    out[y] = (first ? a : b)[from]!;
  });
}

/** Each gets its own channels back. */
export function concatBackward(
  da: Float32Array,
  db: Float32Array,
  dout: Float32Array,
  B: number,
  M: number,
  N: number,
  plane: number,
): void {
  eachPlace(B, M, N, plane, (y, from, first) => {
    (first ? da : db)[from]! += dout[y]!;
  });
}

function eachPlace(
  B: number,
  M: number,
  N: number,
  plane: number,
  visit: (y: number, from: number, first: boolean) => void,
): void {
  for (let y = 0; y < B * (M + N) * plane; y++) {
    const [i, c, b] = [y % plane, Math.floor(y / plane) % (M + N), Math.floor(y / (plane * (M + N)))];
    if (c < M) visit(y, (b * M + c) * plane + i, true);
    else visit(y, (b * N + c - M) * plane + i, false);
  }
}
