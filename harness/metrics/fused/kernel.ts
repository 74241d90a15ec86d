import {
  type Code,
  type FunctionSource,
  f64x2,
  fill,
  i32,
  i32x4,
  i64x2,
  type Local,
  moduleBytes,
  repeatWhile,
  v128,
  variables,
} from '../../numerics/wasm.ts';
import { BUCKETS } from './block.ts';

/** Where things lie in the kernel's memory, in bytes: results, one histogram a lane, and the two sides of a block. */
export const RESULTS = 0;
export const HISTOGRAMS = 512;
export const SUBJECT = 2048;
export const REFERENCE = SUBJECT + 8 * 4096;
const PAGES = 2;

/** Vectors of the results, in this order: four sums of two vectors each (lanes 0, 1 and 2, 3), two maxima, two counts. */
export const VECTORS = { sums: 0, maxAbs: 8, maxRelative: 9, equal: 10, exceeding: 11 } as const;

const { add, subtract, multiply, divide, abs, equal, greater, pseudoMax, promoteLow, splat } = f64x2;

/**
 * The module with `measure32` and `measure64`: one block of float32 or float64 pairs. Parameters: number of elements (a multiple of 4), the
 * absolute and the relative part of what an element may be off, the type's smallest normal number, its bits of precision.
 *
 * Elements that are not finite are not looked for: they make a sum non-finite, and the caller then takes the plain twin for that block.
 * Products and sums are two roundings each, so the twin gives the same bits.
 */
export function kernelBytes(): Uint8Array<ArrayBuffer> {
  return moduleBytes(PAGES, [measure('measure32', 4), measure('measure64', 8)]);
}

function measure(name: string, width: 4 | 8): FunctionSource {
  const { types, next } = variables();
  const [elements, absolute, relative, lowest, precision] = (['i32', 'f64', 'f64', 'f64', 'i32'] as const).map(
    next,
  ) as [Local, Local, Local, Local, Local];
  const parameters = [...types];
  const [a, end] = [next('i32'), next('i32')];
  const vectors = (count: number): Local[] => Array.from({ length: count }, () => next('v128'));
  const sums = vectors(8);
  const [maxAbs, maxRelative, same, beyond] = vectors(4) as [Local, Local, Local, Local];
  const halves = [vectors(4), vectors(4)] as [Local[], Local[]];
  const bucket = next('v128');
  const accumulate = (local: Local, value: Code): Code => local.set(add(local.get, value));

  /** One pair of lanes: x, y, |x − y|, |y|. */
  const half = (which: 0 | 1): Code => {
    const [x, y, error, size] = halves[which] as [Local, Local, Local, Local];
    const sum = (k: number): Local => sums[2 * k + which] as Local;
    const bound = add(splat(absolute.get), multiply(splat(relative.get), size.get));
    return [
      ...error.set(abs(subtract(x.get, y.get))),
      ...size.set(abs(y.get)),
      ...accumulate(sum(0), multiply(error.get, error.get)),
      ...accumulate(sum(1), multiply(x.get, y.get)),
      ...accumulate(sum(2), multiply(x.get, x.get)),
      ...accumulate(sum(3), multiply(y.get, y.get)),
      ...maxAbs.set(pseudoMax(maxAbs.get, error.get)),
      ...maxRelative.set(pseudoMax(maxRelative.get, divide(error.get, size.get))),
      ...same.set(i64x2.subtract(same.get, equal(x.get, y.get))),
      ...beyond.set(i64x2.subtract(beyond.get, greater(error.get, bound))),
    ];
  };

  /**
   * ⌈log2(|x − y| / spacing of y)⌉ of all four lanes, from the exponents alone: those of (bits of |x − y|) − 1 are of the power of two
   * below it, or equal to it less one. An error of 0 gives −1, which is far below any exponent of y.
   */
  const buckets = (): Code => {
    const [[, , error0, size0], [, , error1, size1]] = halves as unknown as [Local[], Local[]] as [
      [Local, Local, Local, Local],
      [Local, Local, Local, Local],
    ];
    const below = (error: Local): Code => i64x2.add(error.get, i64x2.ones);
    const normal = (size: Local): Code => pseudoMax(size.get, splat(lowest.get));
    const exponents = (p: Code, q: Code): Code => i32x4.shiftRight(v128.shuffle(p, q, HIGH_WORDS), i32.const(20));
    const distance = i32x4.subtract(exponents(below(error0), below(error1)), exponents(normal(size0), normal(size1)));
    const clamped = i32x4.min(
      i32x4.max(i32x4.add(distance, i32x4.splat(precision.get)), i32x4.splat(i32.const(0))),
      i32x4.splat(i32.const(BUCKETS - 1)),
    );
    return bucket.set(i32x4.shiftLeft(clamped, i32.const(2)));
  };
  const slot = next('i32');
  const count = (lane: number): Code => {
    const table = HISTOGRAMS + 4 * BUCKETS * lane;
    return [
      ...slot.set(i32.add(i32x4.lane(bucket.get, lane), i32.const(table))),
      ...i32.store(slot.get, i32.add(i32.load(slot.get), i32.const(1))),
    ];
  };

  const step = i32.const(4 * width);
  const body: Code = [
    ...fill(i32.const(HISTOGRAMS), i32.const(0), i32.const(4 * 4 * BUCKETS)),
    ...a.set(i32.const(SUBJECT)),
    ...end.set(i32.add(i32.const(SUBJECT), bytesOf(elements, width))),
    ...repeatWhile(
      [
        ...loadFour(a, halves, width, bucket),
        ...half(0),
        ...half(1),
        ...buckets(),
        ...[0, 1, 2, 3].flatMap(count),
        ...a.set(i32.add(a.get, step)),
      ],
      i32.lessUnsigned(a.get, end.get),
    ),
    ...[...sums, maxAbs, maxRelative, same, beyond].flatMap((local, k) =>
      v128.store(i32.const(RESULTS), 16 * k, local.get),
    ),
  ];
  return { name, parameters, locals: types.slice(parameters.length), body };
}

/** The upper 32 bits of four 64-bit lanes. */
const HIGH_WORDS = [4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31];
/** The last two of four float32, in front. */
const LAST_TWO = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];

function bytesOf(elements: Local, width: 4 | 8): Code {
  const twice = (code: Code): Code => [...code, ...i32.const(1), 0x74];
  return width === 4 ? twice(twice(elements.get)) : twice(twice(twice(elements.get)));
}

/** Reads four elements of both sides into x and y of the two halves, as float64. */
function loadFour(a: Local, halves: readonly [Local[], Local[]], width: 4 | 8, scratch: Local): Code {
  const apart = REFERENCE - SUBJECT;
  return [0, 1].flatMap((side) => {
    const [low, high] = [halves[0][side] as Local, halves[1][side] as Local];
    const at = side * apart;
    if (width === 8) return [...low.set(v128.load(a.get, at)), ...high.set(v128.load(a.get, at + 16))];
    return [
      ...scratch.set(v128.load(a.get, at)),
      ...low.set(promoteLow(scratch.get)),
      ...high.set(promoteLow(v128.shuffle(scratch.get, scratch.get, LAST_TWO))),
    ];
  });
}
