/** How fast pair i of P turns: base^(-i / P) a position. */
const angle = (position: number, i: number, pairs: number, base: number) => position * base ** (-i / pairs);

/**
 * Turns each pair of numbers of a head, i and i + half, by an angle that grows with the position: rotary positions in halves.
 *
 * out, x: [N, T, D], N being batch · heads, D even
 */
export function rotary(out: Float32Array, x: Float32Array, base: number, N: number, T: number, D: number): void {
  const half = D / 2;
  for (let row = 0; row < N * T; row++) {
    for (let i = 0; i < half; i++) {
      const turn = angle(row % T, i, half, base);
      const [a, b, cos, sin] = [x[row * D + i]!, x[row * D + i + half]!, Math.cos(turn), Math.sin(turn)];
      out[row * D + i] = a * cos - b * sin;
      out[row * D + i + half] = b * cos + a * sin;
    }
  }
}

/** The way back turns the other way. */
export function rotaryBackward(
  dx: Float32Array,
  dout: Float32Array,
  base: number,
  N: number,
  T: number,
  D: number,
): void {
  const half = D / 2;
  for (let row = 0; row < N * T; row++) {
    for (let i = 0; i < half; i++) {
      const turn = angle(row % T, i, half, base);
      const [a, b, cos, sin] = [dout[row * D + i]!, dout[row * D + i + half]!, Math.cos(turn), Math.sin(turn)];
      dx[row * D + i]! += a * cos + b * sin;
      dx[row * D + i + half]! += b * cos - a * sin;
    }
  }
}
