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
 * Cross-correlation: out[b, o, h, w] = bias[o] + Σ x[b, c, h·stride + k·dilation - padding, w·stride + l·dilation - padding] · weight[o, c, k, l],
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
  const [P, Q] = [convSize(H, K, conv), convSize(W, L, conv)];
  const [G, N] = [C / conv.groups, O / conv.groups];
  for (let b = 0; b < B; b++) {
    for (let o = 0; o < O; o++) {
      const first = Math.floor(o / N) * G;
      for (let p = 0; p < P; p++) {
        for (let q = 0; q < Q; q++) {
          let sum = bias ? bias[o]! : 0;
          for (let c = 0; c < G; c++) {
            for (let k = 0; k < K; k++) {
              const h = p * conv.stride + k * conv.dilation - conv.padding;
              if (h < 0 || h >= H) continue;
              for (let l = 0; l < L; l++) {
                const w = q * conv.stride + l * conv.dilation - conv.padding;
                if (w < 0 || w >= W) continue;
                sum += x[((b * C + first + c) * H + h) * W + w]! * weight[((o * G + c) * K + k) * L + l]!;
              }
            }
          }
          out[((b * O + o) * P + p) * Q + q] = sum;
        }
      }
    }
  }
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
  const [P, Q] = [convSize(H, K, conv), convSize(W, L, conv)];
  const [G, N] = [C / conv.groups, O / conv.groups];
  for (let b = 0; b < B; b++) {
    for (let o = 0; o < O; o++) {
      const first = Math.floor(o / N) * G;
      for (let p = 0; p < P; p++) {
        for (let q = 0; q < Q; q++) {
          const d = dout[((b * O + o) * P + p) * Q + q]!;
          if (dbias) dbias[o]! += d;
          for (let c = 0; c < G; c++) {
            for (let k = 0; k < K; k++) {
              const h = p * conv.stride + k * conv.dilation - conv.padding;
              if (h < 0 || h >= H) continue;
              for (let l = 0; l < L; l++) {
                const w = q * conv.stride + l * conv.dilation - conv.padding;
                if (w < 0 || w >= W) continue;
                const [at, tap] = [((b * C + first + c) * H + h) * W + w, ((o * G + c) * K + k) * L + l];
                dx[at]! += weight[tap]! * d;
                dweight[tap]! += x[at]! * d;
              }
            }
          }
        }
      }
    }
  }
}
