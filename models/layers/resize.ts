/**
 * Bilinear, pixels seen as squares (half_pixel): the middle of an output pixel lies at (p + ½) · H / P - ½ of the input, and what lies
 * outside is the edge.
 *
 * out: [B, C, P, Q], x: [B, C, H, W]
 */
export function resizeBilinear(
  out: Float32Array,
  x: Float32Array,
  B: number,
  C: number,
  H: number,
  W: number,
  P: number,
  Q: number,
): void {
  out.fill(0, 0, B * C * P * Q);
  eachShare(B * C, H, W, P, Q, (y, from, share) => {
    out[y]! += share * x[from]!;
  });
}

/** dx: [B, C, H, W], dout: [B, C, P, Q] */
export function resizeBilinearBackward(
  dx: Float32Array,
  dout: Float32Array,
  B: number,
  C: number,
  H: number,
  W: number,
  P: number,
  Q: number,
): void {
  eachShare(B * C, H, W, P, Q, (y, from, share) => {
    dx[from]! += share * dout[y]!;
  });
}

/** The nearest pixel at or before p · H / P (asymmetric, floor): each is repeated.   out: [B, C, P, Q], x: [B, C, H, W] */
export function resizeNearest(
  out: Float32Array,
  x: Float32Array,
  B: number,
  C: number,
  H: number,
  W: number,
  P: number,
  Q: number,
): void {
  for (let y = 0; y < B * C * P * Q; y++) out[y] = x[nearest(y, H, W, P, Q)]!;
}

/** dx: [B, C, H, W], dout: [B, C, P, Q] */
export function resizeNearestBackward(
  dx: Float32Array,
  dout: Float32Array,
  B: number,
  C: number,
  H: number,
  W: number,
  P: number,
  Q: number,
): void {
  for (let y = 0; y < B * C * P * Q; y++) dx[nearest(y, H, W, P, Q)]! += dout[y]!;
}

function nearest(y: number, H: number, W: number, P: number, Q: number): number {
  const [q, p, plane] = [y % Q, Math.floor(y / Q) % P, Math.floor(y / (Q * P))];
  return (plane * H + Math.floor((p * H) / P)) * W + Math.floor((q * W) / Q);
}

type Visit = (y: number, x: number, share: number) => void;

/** Every output pixel, with the four input pixels that it is made of and their shares. */
function eachShare(planes: number, H: number, W: number, P: number, Q: number, visit: Visit): void {
  for (let plane = 0; plane < planes; plane++) {
    for (let p = 0; p < P; p++) {
      const h = Math.max(0, Math.min(H - 1, ((p + 0.5) * H) / P - 0.5));
      const [above, low] = [Math.floor(h), h - Math.floor(h)];
      for (let q = 0; q < Q; q++) {
        const w = Math.max(0, Math.min(W - 1, ((q + 0.5) * W) / Q - 0.5));
        const [left, right] = [Math.floor(w), w - Math.floor(w)];
        const y = (plane * P + p) * Q + q;
        for (const [row, share] of [
          [above, 1 - low],
          [Math.min(H - 1, above + 1), low],
        ] as const) {
          visit(y, (plane * H + row) * W + left, share * (1 - right));
          visit(y, (plane * H + row) * W + Math.min(W - 1, left + 1), share * right);
        }
      }
    }
  }
}
