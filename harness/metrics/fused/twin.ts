import type { Floats } from '../../types/tensor.ts';
import { type Asked, type Block, BUCKETS, LANES, SUMS } from './block.ts';

/**
 * The kernel in plain TypeScript: the same operations in the same lanes and order, so its sums are the same to the last bit. It stands in where
 * there is no WebAssembly SIMD, and for blocks that hold NaN or infinities.
 * @param slack where given, |a − b| is reduced by slack[i] (never below 0) before it is summed; units in the last place are counted without it
 */
export function measureBlock(
  subject: Floats,
  reference: Floats,
  slack: Float64Array | null,
  { absolute, relative, precision, lowest }: Asked,
  out: Block,
): void {
  const lanes = new Float64Array(SUMS * LANES);
  out.histogram.fill(0);
  let [maxAbs, maxRelative, equal, exceeding, compared] = [0, 0, 0, 0, 0];
  let [nonFiniteSubject, nonFiniteReference, nonFiniteAlike] = [0, 0, 0];
  for (let i = 0; i < subject.length; i++) {
    const x = subject[i] as number;
    const y = reference[i] as number;
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      if (!Number.isFinite(x)) nonFiniteSubject++;
      if (!Number.isFinite(y)) nonFiniteReference++;
      if (Object.is(x, y)) nonFiniteAlike++;
      continue;
    }
    compared++;
    const raw = Math.abs(x - y);
    const size = Math.abs(y);
    const error = slack === null ? raw : Math.max(0, raw - (slack[i] as number));
    const lane = i % LANES;
    lanes[lane] = (lanes[lane] as number) + error * error;
    lanes[lane + 4] = (lanes[lane + 4] as number) + x * y;
    lanes[lane + 8] = (lanes[lane + 8] as number) + x * x;
    lanes[lane + 12] = (lanes[lane + 12] as number) + y * y;
    if (error > maxAbs) maxAbs = error;
    const ratio = error / size;
    if (ratio > maxRelative) maxRelative = ratio;
    if (x === y) equal++;
    if (error > absolute + relative * size) exceeding++;
    const bucket = bucketOf(raw, Math.max(size, lowest), precision);
    out.histogram[bucket] = (out.histogram[bucket] as number) + 1;
  }
  for (let k = 0; k < SUMS; k++) out.sums[k] = addLanes(lanes, 4 * k);
  const nonFinite = subject.length - compared - nonFiniteAlike;
  Object.assign(out, { maxAbs, maxRelative, equal: equal + nonFiniteAlike, exceeding, compared });
  Object.assign(out, { nonFiniteSubject, nonFiniteReference, nonFiniteAlike, nonFinite });
}

/** The order in which lanes are added. */
export const addLanes = (lanes: Float64Array, at: number): number =>
  (lanes[at] as number) + (lanes[at + 1] as number) + ((lanes[at + 2] as number) + (lanes[at + 3] as number));

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer); // low word first, as on every machine that JavaScript engines run on

/** ⌈log2(error / spacing)⌉ between 0 and the last bucket; the spacing at `size` is 2^(exponent + 1 − precision). */
function bucketOf(error: number, size: number, precision: number): number {
  if (error === 0) return 0;
  number[0] = size;
  const spacing = (words[1] as number) >>> 20;
  number[0] = error;
  const [low, high] = [words[0] as number, words[1] as number];
  const above = low === 0 && (high & 0xfffff) === 0 ? 0 : 1;
  const bucket = (high >>> 20) + above - 1 - spacing + precision;
  return bucket < 0 ? 0 : bucket < BUCKETS ? bucket : BUCKETS - 1;
}
