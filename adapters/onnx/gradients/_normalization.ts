import type { TensorMath } from './_tensors.ts';

/** What normalising x over some axes makes. All keep the axes, of size 1 where they are one number a group. */
export interface Moments {
  readonly centred: string;
  /** 1 / √(variance + ε). */
  readonly inverse: string;
  readonly normal: string;
}

/** Subtracts the mean and divides by the (biased) standard deviation, in two passes. */
export function standardize(math: TensorMath, x: string, axes: readonly number[], epsilon: number): Moments {
  const centred = math.sub(x, math.mean(x, axes));
  const variance = math.mean(math.mul(centred, centred), axes);
  const inverse = math.div(1, math.sqrt(math.add(variance, epsilon)));
  return { centred, inverse, normal: math.mul(centred, inverse) };
}

/** Divides by the root of the mean square: no mean is subtracted. */
export function standardizeByRms(math: TensorMath, x: string, axes: readonly number[], epsilon: number): Moments {
  const inverse = math.div(1, math.sqrt(math.add(math.mean(math.mul(x, x), axes), epsilon)));
  return { centred: x, inverse, normal: math.mul(x, inverse) };
}

/** dx = inverse ⊙ (d − mean(d) − normal ⊙ mean(d ⊙ normal)), d the gradient of `normal` (Ioffe and Szegedy 2015). */
export function standardizedGradient(
  math: TensorMath,
  d: string,
  { inverse, normal }: Moments,
  axes: readonly number[],
): string {
  const correlated = math.mul(normal, math.mean(math.mul(d, normal), axes));
  return math.mul(inverse, math.sub(math.sub(d, math.mean(d, axes)), correlated));
}

/** The same without the mean: dx = inverse ⊙ (d − normal ⊙ mean(d ⊙ normal)). */
export function rmsGradient(
  math: TensorMath,
  d: string,
  { inverse, normal }: Moments,
  axes: readonly number[],
): string {
  return math.mul(inverse, math.sub(d, math.mul(normal, math.mean(math.mul(d, normal), axes))));
}
