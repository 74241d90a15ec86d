// N elements each; backward adds to dx what dout leads to.

/** out = max(x, 0); NaN stays NaN */
export function relu(out: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) out[i] = x[i]! < 0 ? 0 : x[i]!;
}

/** dx = dout where x > 0 */
export function reluBackward(dx: Float32Array, dout: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) if (x[i]! > 0) dx[i]! += dout[i]!;
}

/** out = x where x > 0, else slope · x */
export function leakyRelu(out: Float32Array, x: Float32Array, slope: number, N: number): void {
  for (let i = 0; i < N; i++) out[i] = x[i]! > 0 ? x[i]! : slope * x[i]!;
}

export function leakyReluBackward(
  dx: Float32Array,
  dout: Float32Array,
  x: Float32Array,
  slope: number,
  N: number,
): void {
  for (let i = 0; i < N; i++) dx[i]! += x[i]! > 0 ? dout[i]! : slope * dout[i]!;
}

/** out = 1 / (1 + e^-x), by the form that cannot overflow */
export function sigmoid(out: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) {
    const e = Math.exp(-Math.abs(x[i]!));
    out[i] = (x[i]! >= 0 ? 1 : e) / (1 + e);
  }
}

/** dx = dout · out · (1 - out): in terms of the output */
export function sigmoidBackward(dx: Float32Array, dout: Float32Array, out: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) dx[i]! += dout[i]! * out[i]! * (1 - out[i]!);
}

export function tanh(out: Float32Array, x: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) out[i] = Math.tanh(x[i]!);
}

/** dx = dout · (1 - out²): in terms of the output */
export function tanhBackward(dx: Float32Array, dout: Float32Array, out: Float32Array, N: number): void {
  for (let i = 0; i < N; i++) dx[i]! += dout[i]! * (1 - out[i]! * out[i]!);
}
