import { groupNorm, indices, type Written } from './layers.ts';

/** By the statistics of the batch: instance normalisation, once batch and image lie in one row. x: [batch, channel, row, column] */
export const batchNormTraining =
  (epsilon: number): Written =>
  (t, x, scale, shift) => {
    const [B, C, H, W] = x.shape as [number, number, number, number];
    const together = t.take(
      x,
      [1, C, B * H, W],
      indices([C, B, H, W], (c, n, h, w) => ((n * C + c) * H + h) * W + w),
    );
    const y = groupNorm(epsilon)(t, together, scale!, shift!);
    return t.take(
      y,
      [B, C, H, W],
      indices([B, C, H, W], (n, c, h, w) => ((c * B + n) * H + h) * W + w),
    );
  };
