/** How a kernel moves: the same in both directions of the image. */
export interface Conv {
  readonly stride: number;
  /** Rows and columns of zeros on each side. */
  readonly padding: number;
  readonly dilation: number;
  /** Channels fall into so many groups, which do not see one another. */
  readonly groups: number;
}

/** Rows (or columns) that a kernel of size K gives on H of them. */
export function convSize(H: number, K: number, { stride, padding, dilation }: Conv): number {
  return Math.floor((H + 2 * padding - dilation * (K - 1) - 1) / stride) + 1;
}

/**
 * Cross-correlation: out[b, o, p, q] = bias[o] + Σ x[b, c, p·stride + k·dilation - padding, q·stride + l·dilation - padding] · weight[o, c, k, l],
 * over the channels c of o's group and the kernel's rows k and columns l.
 *
 * out: [B, O, P, Q], x: [B, C, H, W], weight: [O, C / groups, K, L], bias: [O] or null
 */
export function conv2d(
  out: Float32Array,
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array | null,
  B: number,
  C: number,
  H: number,
  W: number,
  O: number,
  K: number,
  L: number,
  conv: Conv,
): void {
  const plane = convSize(H, K, conv) * convSize(W, L, conv);
  for (let y = 0; y < B * O * plane; y++) out[y] = bias ? bias[Math.floor(y / plane) % O]! : 0;
  eachTap(B, C, H, W, O, K, L, conv, (y, from, tap) => {
    out[y]! += x[from]! * weight[tap]!;
  });
}

/** Adds to dx, dweight and dbias (or null) what dout: [B, O, P, Q] leads to; shapes as in the forward pass. */
export function conv2dBackward(
  dx: Float32Array,
  dweight: Float32Array,
  dbias: Float32Array | null,
  dout: Float32Array,
  x: Float32Array,
  weight: Float32Array,
  B: number,
  C: number,
  H: number,
  W: number,
  O: number,
  K: number,
  L: number,
  conv: Conv,
): void {
  const plane = convSize(H, K, conv) * convSize(W, L, conv);
  if (dbias) for (let y = 0; y < B * O * plane; y++) dbias[Math.floor(y / plane) % O]! += dout[y]!;
  eachTap(B, C, H, W, O, K, L, conv, (y, from, tap) => {
    dx[from]! += weight[tap]! * dout[y]!;
    dweight[tap]! += x[from]! * dout[y]!;
  });
}

type Visit = (y: number, x: number, tap: number) => void;

/** Every product of the convolution: the positions of its output, its input and its weight. Padding has no products. */
function eachTap(
  B: number,
  C: number,
  H: number,
  W: number,
  O: number,
  K: number,
  L: number,
  conv: Conv,
  visit: Visit,
) {
  const [P, Q] = [convSize(H, K, conv), convSize(W, L, conv)];
  const [G, N] = [C / conv.groups, O / conv.groups];
  for (let y = 0; y < B * O * P * Q; y++) {
    const [q, p, o, b] = [y % Q, Math.floor(y / Q) % P, Math.floor(y / (Q * P)) % O, Math.floor(y / (Q * P * O))];
    // The first channel of o's group.
    const first = b * C + Math.floor(o / N) * G;
    for (let c = 0; c < G; c++) {
      for (let k = 0; k < K; k++) {
        const h = p * conv.stride + k * conv.dilation - conv.padding;
        if (h < 0 || h >= H) continue;
        for (let l = 0; l < L; l++) {
          const w = q * conv.stride + l * conv.dilation - conv.padding;
          if (w < 0 || w >= W) continue;
          visit(y, ((first + c) * H + h) * W + w, ((o * G + c) * K + k) * L + l);
        }
      }
    }
  }
}
