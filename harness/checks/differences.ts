/** A function along a line: f(x + t·d), in units in which t = 1 is as far as x is large. */
export type Line = (t: number) => number | Promise<number>;

/** How differences are taken. */
export interface Steps {
  /** Distances to try, in units of the tensor's scale, from the largest: a smaller one is taken where a larger meets a kink. */
  readonly tries: readonly number[];
  /** How far two differences may be apart, relative to the gradient's scale, and still be of one smooth function. */
  readonly agree: number;
  /** Absolute error of one evaluation of f. */
  readonly noise: number;
}

/** A derivative along a line, and by how much it may be wrong; null where f has a kink or a jump too near. */
export interface Derivative {
  readonly value: number;
  readonly uncertainty: number;
}

/**
 * Central differences at h and h/2, extrapolated (Richardson): (4 D(h/2) − D(h)) / 3, wrong by O(h⁴).
 *
 * A kink shows in one of two ways: D(h) and D(h/2) differ; or, where it lies right at x, the second difference
 * (f(h) − 2 f(0) + f(−h)) / h does not halve with h, as that of a smooth function does.
 *
 * @param f0 f(0)
 * @param scale what counts as large for this derivative: agreement is relative to it
 */
export async function derivativeOf(f: Line, f0: number, scale: number, steps: Steps): Promise<Derivative | null> {
  for (const h of steps.tries) {
    const found = await differences(f, f0, h, Math.max(scale, Number.MIN_VALUE), steps);
    if (found !== null) return found;
  }
  return null;
}

async function differences(f: Line, f0: number, h: number, scale: number, steps: Steps): Promise<Derivative | null> {
  const [far, back, near, nearBack] = [await f(h), await f(-h), await f(h / 2), await f(-h / 2)];
  const wide = (far - back) / (2 * h);
  const narrow = (near - nearBack) / h;
  const round = (2 * steps.noise) / h;
  const unit = Math.max(Math.abs(narrow), scale);
  const apart = Math.abs(wide - narrow);
  const bend = Math.abs(far - 2 * f0 + back) / h;
  const bendNear = Math.abs(near - 2 * f0 + nearBack) / (h / 2);
  const limit = steps.agree * unit + 4 * round;
  const smooth = apart <= limit && (bendNear <= limit || bendNear <= 0.75 * bend);
  return smooth ? { value: (4 * narrow - wide) / 3, uncertainty: apart + 2 * round } : null;
}
