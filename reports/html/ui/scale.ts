import type { PageRow } from '../pack.ts';
import type { Metric } from './store.ts';

/** Where a number lies in a log10 plot: `exact` is 0, `none` was not measured, `infinite` is NaN or infinity. */
export type Place = { readonly at: 'value'; readonly log: number } | { readonly at: 'exact' | 'none' | 'infinite' };

export function placeOf(x: number | string | null | undefined): Place {
  if (x === null || x === undefined) return { at: 'none' };
  const value = Number(x);
  if (!Number.isFinite(value)) return { at: 'infinite' };
  return value > 0 ? { at: 'value', log: Math.log10(value) } : { at: 'exact' };
}

/** The two curves of a row: the error introduced by the layer, and the one since the input; and what is allowed. */
export interface Places {
  readonly introduced: Place;
  readonly chained: Place;
  readonly allowed: Place;
}

export function placesOf(row: PageRow, metric: Metric): Places {
  if (metric === 'times')
    return { introduced: placeOf(row.times), chained: placeOf(row.timesChained), allowed: { at: 'value', log: 0 } };
  const relative = Number(row.local?.relL2 ?? Number.NaN);
  const times = Number(row.times ?? Number.NaN);
  return {
    introduced: placeOf(row.local?.relL2),
    chained: placeOf(row.chained?.relL2),
    // relL2 and rms differ by the reference's norm only, so the same factor brings what is allowed to this scale.
    allowed: relative > 0 && times > 0 ? placeOf(relative / times) : { at: 'none' },
  };
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** `10⁻³`, `1`, `10²` */
export function powerText(power: number): string {
  if (power === 0) return '1';
  const digits = [...String(Math.abs(power))].map((d) => SUPERSCRIPTS[Number(d)]).join('');
  return `10${power < 0 ? '⁻' : ''}${digits}`;
}

/** Whole powers between two, at most about `most` of them. */
export function powers(low: number, high: number, most: number): number[] {
  const step = [1, 2, 3, 5, 10, 20, 50, 100].find((by) => (high - low) / by <= most) ?? 200;
  const ticks: number[] = [];
  for (let p = Math.ceil(low / step) * step; p <= high; p += step) ticks.push(p);
  return ticks;
}
