import { isFloat, toNumbers } from '../tensor.ts';
import type { Sketch } from '../types/sketch.ts';
import type { Tensor } from '../types/tensor.ts';

/** So many elements of a tensor are kept to compare layouts by. */
export const SAMPLES = 512;

/** The sketch of a numeric tensor, in one pass. Sampled offsets depend only on the number of elements. */
export function sketchOf(tensor: Tensor): Sketch {
  const data = toNumbers(tensor);
  let sum = 0;
  let squares = 0;
  let negative = 0;
  let zero = 0;
  let largest = 0;
  let finite = 0;
  for (const x of data) {
    if (!Number.isFinite(x)) continue;
    finite++;
    sum += x;
    squares += x * x;
    if (x < 0) negative++;
    if (x === 0) zero++;
    if (Math.abs(x) > largest) largest = Math.abs(x);
  }
  const n = Math.max(1, finite);
  const offsets = sampledOffsets(data.length);
  return {
    shape: tensor.shape,
    float: isFloat(tensor.dtype),
    mean: sum / n,
    rms: Math.sqrt(squares / n),
    negative: negative / n,
    zero: zero / n,
    largest,
    offsets,
    samples: offsets.map((offset) => data[offset] as number),
  };
}

/** All offsets of a small tensor; of a large one, evenly spread ones with a step that has no common rhythm with its axes. */
function sampledOffsets(size: number): Float64Array {
  if (size <= SAMPLES) return Float64Array.from({ length: size }, (_, i) => i);
  const golden = 0.6180339887498949;
  return Float64Array.from({ length: SAMPLES }, (_, i) => Math.floor(((i * golden) % 1) * size));
}

/** 0 for tensors that hold the same numbers in any order, 1 for quite different ones; shapes are not looked at. */
export function dissimilarity(a: Sketch, b: Sketch): number {
  if (a.float !== b.float) return 1;
  const scale = Math.max(a.rms, b.rms);
  const spread = (x: number, y: number): number => (scale === 0 ? 0 : Math.min(1, Math.abs(x - y) / scale));
  const parts = [
    spread(a.rms, b.rms),
    spread(a.mean, b.mean),
    spread(a.largest, b.largest) / 2,
    Math.abs(a.negative - b.negative),
    Math.abs(a.zero - b.zero),
  ];
  return Math.min(1, Math.max(...parts));
}

/** Relative rms distance of the sampled elements of `theirs` to the same elements read through `at`: 0 where they agree, about 1.4 where they have nothing in common. */
export function sampleDistance(theirs: Sketch, at: (offset: number) => number): number {
  let error = 0;
  let size = 0;
  theirs.offsets.forEach((offset, k) => {
    const x = theirs.samples[k] as number;
    const e = at(offset) - x;
    if (!Number.isFinite(e)) return;
    error += e * e;
    size += x * x;
  });
  return size > 0 ? Math.sqrt(error / size) : error > 0 ? Number.POSITIVE_INFINITY : 0;
}
