/** erf by its Taylor series, or where that takes too many terms by the continued fraction of erfc (Abramowitz and Stegun 7.1.5 and 7.1.14). */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a > 2.5) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / 2 / (a + fraction);
    return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
  }
  let [sum, term] = [0, x];
  for (let k = 1; k < 60; k++) {
    sum += term / (2 * k - 1);
    term *= (-x * x) / k;
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** out = x · Φ(x), Φ being the normal distribution.   N elements */
export function gelu(out: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) out[i] = (x[i]! * (1 + erf(x[i]! / Math.SQRT2))) / 2;
}

/** dx = dout · (Φ(x) + x · φ(x)), φ being the normal density */
export function geluBackward(dx: Float32Array, dout: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) {
    const v = x[i]!;
    const density = Math.exp((-v * v) / 2) / Math.sqrt(2 * Math.PI);
    dx[i]! += dout[i]! * ((1 + erf(v / Math.SQRT2)) / 2 + v * density);
  }
}
