/** A border of `pad` pixels that mirrors what lies inside, without repeating the edge.   out: [B, C, H + 2 pad, W + 2 pad], x: [B, C, H, W] */
export function padReflect(
  out: Float32Array,
  x: Float32Array,
  pad: number,
  B: number,
  C: number,
  H: number,
  W: number,
): void {
  eachPixel(pad, B * C, H, W, (y, from) => {
    out[y] = x[from]!;
  });
}

/** A pixel that is mirrored gets the gradients of all its images. */
export function padReflectBackward(
  dx: Float32Array,
  dout: Float32Array,
  pad: number,
  B: number,
  C: number,
  H: number,
  W: number,
): void {
  eachPixel(pad, B * C, H, W, (y, from) => {
    dx[from]! += dout[y]!;
  });
}

function eachPixel(pad: number, planes: number, H: number, W: number, visit: (y: number, from: number) => void): void {
  const [P, Q] = [H + 2 * pad, W + 2 * pad];
  for (let y = 0; y < planes * P * Q; y++) {
    const [q, p, plane] = [y % Q, Math.floor(y / Q) % P, Math.floor(y / (Q * P))];
    visit(y, (plane * H + mirrored(p - pad, H)) * W + mirrored(q - pad, W));
  }
}

const mirrored = (i: number, size: number): number => (i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i);
