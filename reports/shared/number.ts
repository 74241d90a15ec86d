import type { JsonNumber } from '../../harness/types/report.ts';

/** The number that a report holds, whichever way it had to be written. */
export function numberOf(x: JsonNumber): number {
  return Number(x);
}

/** A measure with no more digits than it has meaning: `0`, `0.0894`, `12.3`, `4,213`, `1.2e-7`, `NaN`, `∞`. */
export function short(x: number, digits = 3): string {
  if (Number.isNaN(x)) return 'NaN';
  if (!Number.isFinite(x)) return x > 0 ? '∞' : '-∞';
  if (x === 0) return '0';
  const size = Math.abs(x);
  if (size >= 1e6 || size < 1e-3) return exponential(x, digits);
  const rounded = Number(x.toPrecision(digits));
  return Math.abs(rounded) < 10 ** (digits - 1)
    ? String(rounded)
    : grouped(Math.round(size < 10 ** digits ? rounded : x));
}

/** An element's value with every digit that a float32 has. */
export function element(x: JsonNumber | null): string {
  if (x === null) return '–';
  const value = numberOf(x);
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? String(Number(value.toPrecision(9))) : String(value);
}

/** `8.9 %`, `131 %`; very small and very large ones as powers of ten. */
export function percent(x: number): string {
  return `${short(x * 100, Math.abs(x) >= 1 ? 3 : 2)} %`;
}

/** A share of a whole, which is 100 % only where it is the whole. */
export function share(x: number): string {
  return x < 1 && x > 0.999 ? '99.9 %' : percent(x);
}

/** A whole number with separators: `4,096`. */
export function grouped(x: number): string {
  return String(x).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 tensor`, `3 tensors`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : nouns}`;
}

/** `0.12 s`, `3 min 5 s`. */
export function duration(seconds: number): string {
  if (!(seconds >= 60)) return `${short(seconds, 2)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** `512 B`, `1.5 GB`, in powers of ten. */
export function byteSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let power = 0;
  let rest = bytes;
  while (rest >= 999.5 && power < units.length - 1) {
    rest /= 1000;
    power++;
  }
  return `${short(rest, 3)} ${units[power]}`;
}

/** `[3 × 5 × 7]`; a scalar is `scalar`. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('×');
}

/** `[0, 3, 12, 7]` */
export function indexText(index: readonly number[]): string {
  return `[${index.join(', ')}]`;
}

function exponential(x: number, digits: number): string {
  const [mantissa = '', power = ''] = x.toExponential(digits - 1).split('e');
  return `${trimmed(mantissa)}e${power.replace('+', '')}`;
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
