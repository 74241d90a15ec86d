/** A square window of K × K that moves by `stride`, with `padding` rows and columns outside the image on each side. */
export interface Pool {
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
  /** An average is taken over the whole window, with what lies outside as 0, not over what lies inside only. */
  readonly countsPadding?: boolean;
}

/** Rows (or columns) that the window gives on H of them. */
export function poolSize(H: number, { size, stride, padding }: Pool): number {
  return Math.floor((H + 2 * padding - size) / stride) + 1;
}

/** The largest of each window; of equals the first. `argmax` keeps where it lay in x.   out, argmax: [B, C, P, Q], x: [B, C, H, W] */
export function maxpool(
  out: Float32Array,
  argmax: Float32Array,
  x: Float32Array,
  B: number,
  C: number,
  H: number,
  W: number,
  pool: Pool,
): void {
  let at = 0;
  // Padding takes no part: it is not a 0.
  eachWindow(B, C, H, W, pool, (inside) => {
    let best = inside[0]!;
    for (const i of inside) if (x[i]! > x[best]!) best = i;
    out[at] = x[best]!;
    argmax[at++] = best;
  });
}

/** Adds each gradient to the place that its maximum came from.   dx: [B, C, H, W], dout, argmax: [B, C, P, Q] */
export function maxpoolBackward(dx: Float32Array, dout: Float32Array, argmax: Float32Array): void {
  for (let i = 0; i < dout.length; i++) dx[argmax[i]!]! += dout[i]!;
}

/** The mean of each window, over what lies inside the image unless padding counts.   out: [B, C, P, Q], x: [B, C, H, W] */
export function avgpool(
  out: Float32Array,
  x: Float32Array,
  B: number,
  C: number,
  H: number,
  W: number,
  pool: Pool,
): void {
  let at = 0;
  eachWindow(B, C, H, W, pool, (inside) => {
    let sum = 0;
    for (const i of inside) sum += x[i]!;
    out[at++] = sum / (pool.countsPadding ? pool.size ** 2 : inside.length);
  });
}

/** Spreads each gradient evenly over its window.   dx: [B, C, H, W], dout: [B, C, P, Q] */
export function avgpoolBackward(
  dx: Float32Array,
  dout: Float32Array,
  B: number,
  C: number,
  H: number,
  W: number,
  pool: Pool,
): void {
  let at = 0;
  eachWindow(B, C, H, W, pool, (inside) => {
    for (const i of inside) dx[i]! += dout[at]! / (pool.countsPadding ? pool.size ** 2 : inside.length);
    at++;
  });
}

/** Calls `visit` with the positions in x that lie in each window, window by window. */
export function eachWindow(
  B: number,
  C: number,
  H: number,
  W: number,
  pool: Pool,
  visit: (inside: readonly number[]) => void,
): void {
  for (let plane = 0; plane < B * C; plane++) {
    for (let p = 0; p < poolSize(H, pool); p++) {
      for (let q = 0; q < poolSize(W, pool); q++) {
        const inside: number[] = [];
        for (let k = 0; k < pool.size; k++) {
          for (let l = 0; l < pool.size; l++) {
            const [h, w] = [p * pool.stride + k - pool.padding, q * pool.stride + l - pool.padding];
            if (h >= 0 && h < H && w >= 0 && w < W) inside.push((plane * H + h) * W + w);
          }
        }
        visit(inside);
      }
    }
  }
}
