/** How a kernel moves on its way back up: the same in both directions of the image. */
export interface ConvTranspose {
  readonly stride: number;
  /** Rows and columns that are cut off on each side. */
  readonly padding: number;
  /** Rows and columns that are added at the end. */
  readonly outputPadding: number;
  readonly dilation: number;
  /** Channels fall into so many groups, which do not see one another. */
  readonly groups: number;
}

/** Rows (or columns) that a kernel of size K makes of H. */
export function convTransposeSize(
  H: number,
  K: number,
  { stride, padding, outputPadding, dilation }: ConvTranspose,
): number {
  return (H - 1) * stride - 2 * padding + dilation * (K - 1) + outputPadding + 1;
}

/**
 * Each pixel is spread by the kernel: x[b, c, h, w] · weight[c, o, k, l] is added to
 * out[b, o, h·stride + k·dilation - padding, w·stride + l·dilation - padding], for the channels o of c's group; then the bias.
 *
 * out: [B, O, P, Q], x: [B, C, H, W], weight: [C, O / groups, K, L], bias: [O] or null
 */
export function convTranspose2d(
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
  conv: ConvTranspose,
): void {
  const plane = convTransposeSize(H, K, conv) * convTransposeSize(W, L, conv);
  for (let y = 0; y < B * O * plane; y++) out[y] = bias ? bias[Math.floor(y / plane) % O]! : 0;
  eachTap(B, C, H, W, O, K, L, conv, (y, from, tap) => {
    out[y]! += x[from]! * weight[tap]!;
  });
}

/** Adds to dx, dweight and dbias (or null) what dout: [B, O, P, Q] leads to; shapes as in the forward pass. */
export function convTranspose2dBackward(
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
  conv: ConvTranspose,
): void {
  const plane = convTransposeSize(H, K, conv) * convTransposeSize(W, L, conv);
  if (dbias) for (let y = 0; y < B * O * plane; y++) dbias[Math.floor(y / plane) % O]! += dout[y]!;
  eachTap(B, C, H, W, O, K, L, conv, (y, from, tap) => {
    dx[from]! += weight[tap]! * dout[y]!;
    dweight[tap]! += x[from]! * dout[y]!;
  });
}

type Visit = (y: number, x: number, tap: number) => void;

/** Every product: the positions of its output, its input and its weight. What falls outside is cut off. */
function eachTap(
  B: number,
  C: number,
  H: number,
  W: number,
  O: number,
  K: number,
  L: number,
  conv: ConvTranspose,
  visit: Visit,
) {
  const [P, Q] = [convTransposeSize(H, K, conv), convTransposeSize(W, L, conv)];
  const [G, N] = [C / conv.groups, O / conv.groups];
  for (let from = 0; from < B * C * H * W; from++) {
    const [w, h] = [from % W, Math.floor(from / W) % H];
    const [c, b] = [Math.floor(from / (W * H)) % C, Math.floor(from / (W * H * C))];
    // The first output channel of c's group.
    const first = b * O + Math.floor(c / G) * N;
    for (let o = 0; o < N; o++) {
      for (let k = 0; k < K; k++) {
        const p = h * conv.stride + k * conv.dilation - conv.padding;
        if (p < 0 || p >= P) continue;
        for (let l = 0; l < L; l++) {
          const q = w * conv.stride + l * conv.dilation - conv.padding;
          if (q < 0 || q >= Q) continue;
          visit(((first + o) * P + p) * Q + q, from, ((c * N + o) * K + k) * L + l);
        }
      }
    }
  }
}
