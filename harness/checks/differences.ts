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
  /** Take a derivative only where two neighbouring tries agree: for steps so long that several kinks may lie within one. */
  readonly confirm: boolean;
}

/** A derivative along a line, and by how much it may be wrong; null where f has a kink or a jump too near. */
export interface Derivative {
  readonly value: number;
  readonly uncertainty: number;
}

/**
 * Central differences at h and h/2, extrapolated (Richardson): (4 D(h/2) − D(h)) / 3, wrong by O(h⁴).
 *
 * A kink shows in one of two ways: D(h) and D(h/2) differ, or the bend (f(h) − 2 f(0) + f(−h)) / h is not twice the bend at h/2,
 * as that of a smooth function is. A change of slope J at the distance δ < h/2 makes them differ by J δ / 2h and by J (1 − 3δ/h), which
 * are never both small; so the error that it leaves is at most half the second and 3.5 times the first.
 *
 * @param f0 f(0)
 * @param scale what counts as large for this derivative: agreement is relative to it
 */
export async function derivativeOf(f: Line, f0: number, scale: number, steps: Steps): Promise<Derivative | null> {
  const unit = Math.max(scale, Number.MIN_VALUE);
  let before: Derivative | null = null;
  for (const h of steps.tries) {
    const found = await differences(f, f0, h, unit, steps);
    if (found !== null && !steps.confirm) return found;
    const confirmed = found !== null && before !== null ? both(before, found, unit, steps.agree) : null;
    if (confirmed !== null) return confirmed;
    before = found;
  }
  return null;
}

/** The derivative of the longer step, if the shorter one says the same. */
function both(long: Derivative, short: Derivative, scale: number, agree: number): Derivative | null {
  const apart = Math.abs(long.value - short.value);
  const limit = agree * Math.max(Math.abs(long.value), scale) + long.uncertainty + short.uncertainty;
  return apart <= limit ? { value: long.value, uncertainty: long.uncertainty + apart } : null;
}

async function differences(f: Line, f0: number, h: number, scale: number, steps: Steps): Promise<Derivative | null> {
  const [far, back, near, nearBack] = [await f(h), await f(-h), await f(h / 2), await f(-h / 2)];
  const wide = (far - back) / (2 * h);
  const narrow = (near - nearBack) / h;
  const round = (2 * steps.noise) / h;
  const unit = Math.max(Math.abs(narrow), scale);
  const apart = Math.abs(wide - narrow);
  const bend = (far - 2 * f0 + back) / h;
  const bendNear = (near - 2 * f0 + nearBack) / (h / 2);
  const odd = Math.abs(bend - 2 * bendNear);
  const limit = steps.agree * unit;
  const smooth = apart <= limit + 4 * round && odd <= limit + 10 * round;
  return smooth ? { value: (4 * narrow - wide) / 3, uncertainty: 3.5 * apart + odd / 2 + round } : null;
}
