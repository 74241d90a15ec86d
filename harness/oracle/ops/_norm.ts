import type { Arithmetic } from '../../types/oracle.ts';

type Round = Arithmetic['round'];

/**
 * Which elements are normalised together: `order[g·size … (g + 1)·size)` are the offsets of group g's elements.
 * Without `order` the groups are consecutive.
 */
export interface Groups {
  readonly count: number;
  readonly size: number;
  readonly order?: Int32Array;
}

/** The statistics of each group, and the normalised elements x̂ where x was. */
export interface Normalised {
  readonly mean: Float64Array;
  /** Population variance (mean square without centring), before epsilon. */
  readonly variance: Float64Array;
  /** 1 / √(variance + epsilon). */
  readonly inverse: Float64Array;
  readonly hat: Float64Array;
}

/** x̂ = (x − mean) / √(variance + epsilon), two-pass: the mean first, then the mean of squared deviations. `centred: false` is RMS. */
export function normalise(x: Float64Array, groups: Groups, epsilon: number, round: Round, centred = true): Normalised {
  const { count, size, order } = groups;
  const [mean, variance, inverse] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  const hat = new Float64Array(x.length);
  for (let g = 0; g < count; g++) {
    const first = g * size;
    let sum = 0;
    if (centred) for (let i = first; i < first + size; i++) sum = round(sum + x[order ? order[i]! : i]!);
    const centre = round(sum / size);
    let squares = 0;
    for (let i = first; i < first + size; i++) {
      const deviation = round(x[order ? order[i]! : i]! - centre);
      squares = round(squares + round(deviation * deviation));
    }
    mean[g] = centre;
    variance[g] = round(squares / size);
    const scale = round(1 / round(Math.sqrt(round(variance[g]! + epsilon))));
    inverse[g] = scale;
    for (let i = first; i < first + size; i++) {
      const at = order ? order[i]! : i;
      hat[at] = round(round(x[at]! - centre) * scale);
    }
  }
  return { mean, variance, inverse, hat };
}

/**
 * The cotangent of x from that of x̂: inverse · (d − mean(d) − x̂·mean(d·x̂)), the means over each group; RMS has no mean(d).
 * `moments`, where given, are cotangents of the mean and of the inverse, one a group.
 */
export function normaliseBack(
  dhat: Float64Array,
  { hat, inverse }: Normalised,
  groups: Groups,
  round: Round,
  options: { centred: boolean; dmean?: Float64Array | undefined; dinverse?: Float64Array | undefined },
): Float64Array {
  const { count, size, order } = groups;
  const dx = new Float64Array(dhat.length);
  for (let g = 0; g < count; g++) {
    const first = g * size;
    let sum = 0;
    let product = 0;
    for (let i = first; i < first + size; i++) {
      const at = order ? order[i]! : i;
      sum = round(sum + dhat[at]!);
      product = round(product + round(dhat[at]! * hat[at]!));
    }
    const scale = inverse[g]!;
    const meanOf = options.centred ? round(sum / size) : 0;
    const along = round(product / size);
    // d mean / dx = 1/size; d inverse / dx = −inverse²·x̂/size.
    const shift = options.dmean ? round(options.dmean[g]! / size) : 0;
    const tilt = options.dinverse ? round(round(options.dinverse[g]! * round(scale * scale)) / size) : 0;
    for (let i = first; i < first + size; i++) {
      const at = order ? order[i]! : i;
      const inner = round(round(dhat[at]! - meanOf) - round(hat[at]! * along));
      const base = round(scale * inner);
      dx[at] = shift === 0 && tilt === 0 ? base : round(round(base + shift) - round(tilt * hat[at]!));
    }
  }
  return dx;
}

/** y = scale[p]·x̂ + bias[p], p being the parameter of each element. */
export function affine(
  hat: Float64Array,
  parameter: (i: number) => number,
  scale: Float64Array | undefined,
  bias: Float64Array | undefined,
  round: Round,
): Float64Array {
  const y = new Float64Array(hat.length);
  for (let i = 0; i < y.length; i++) {
    const p = parameter(i);
    const scaled = scale ? round(hat[i]! * scale[p]!) : hat[i]!;
    y[i] = bias ? round(scaled + bias[p]!) : scaled;
  }
  return y;
}

/** The cotangents of x̂, scale and bias from that of y = scale[p]·x̂ + bias[p]; `size` parameters. */
export function affineBack(
  dy: Float64Array,
  hat: Float64Array,
  parameter: (i: number) => number,
  scale: Float64Array | undefined,
  size: number,
  round: Round,
): { dhat: Float64Array; dscale: Float64Array; dbias: Float64Array } {
  const [dscale, dbias] = [new Float64Array(size), new Float64Array(size)];
  const dhat = new Float64Array(dy.length);
  for (let i = 0; i < dy.length; i++) {
    const p = parameter(i);
    dscale[p] = round(dscale[p]! + round(dy[i]! * hat[i]!));
    dbias[p] = round(dbias[p]! + dy[i]!);
    dhat[i] = scale ? round(dy[i]! * scale[p]!) : dy[i]!;
  }
  return { dhat, dscale, dbias };
}

/** Groups of a tensor [batch, channels, positions] that take in a channel of every batch element. */
export function channelGroups(batch: number, channels: number, positions: number): Groups {
  const order = new Int32Array(batch * channels * positions);
  let next = 0;
  for (let c = 0; c < channels; c++) {
    for (let n = 0; n < batch; n++) {
      for (let p = 0; p < positions; p++) order[next++] = (n * channels + c) * positions + p;
    }
  }
  return { count: channels, size: batch * positions, order };
}
