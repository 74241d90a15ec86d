const scratch = new DataView(new ArrayBuffer(8));

/** bfloat16 bits to a number: the upper half of a float32. */
export function fromBfloat16(bits: number): number {
  scratch.setUint32(0, (bits << 16) >>> 0);
  return scratch.getFloat32(0);
}

/** Number to bfloat16 bits, rounded to nearest, ties to even; NaN stays NaN. */
export function toBfloat16(x: number): number {
  if (Number.isNaN(x)) return 0x7fc0;
  scratch.setFloat32(0, x);
  const single = scratch.getUint32(0);
  const rounded = roundOddToNearest(x, single);
  return (rounded >>> 16) & 0xffff;
}

/** Rounds float32 bits to their upper 16, ties to even. `x` resolves the tie that double rounding from float64 would misjudge. */
function roundOddToNearest(x: number, single: number): number {
  const low = single & 0xffff;
  if (low === 0x8000) {
    scratch.setUint32(0, single);
    const held = Math.abs(scratch.getFloat32(0));
    const exact = Math.abs(x);
    if (exact > held) return single + 0x8000;
    if (exact < held) return single;
    return (single >>> 16) & 1 ? single + 0x8000 : single;
  }
  return low > 0x8000 ? single + 0x8000 : single;
}

/** float16 bits to a number. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Number to float16 bits, rounded to nearest, ties to even; beyond 65,504 becomes infinite. */
export function toFloat16(x: number): number {
  if (Number.isNaN(x)) return 0x7e00;
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const a = Math.abs(x);
  if (a >= 65520) return sign | 0x7c00;
  if (a < 2 ** -14) return sign | roundTiesToEven(a * 2 ** 24);
  const exponent = Math.floor(Math.log2(a));
  const power = a < 2 ** exponent ? exponent - 1 : a >= 2 ** (exponent + 1) ? exponent + 1 : exponent;
  // A fraction that rounds up to 1024 carries into the exponent by itself.
  return sign | (((power + 15) << 10) + roundTiesToEven((a / 2 ** power - 1) * 1024));
}

/** Math.round, but halves go to the even neighbour. */
export function roundTiesToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The nearest number that float16 holds. */
export const roundToFloat16 = (x: number): number => fromFloat16(toFloat16(x));
/** The nearest number that bfloat16 holds. */
export const roundToBfloat16 = (x: number): number => fromBfloat16(toBfloat16(x));
