import type { Place, Places } from './scale.ts';
import type { Metric } from './store.ts';

/** Where things lie in a panel, in CSS pixels. */
export interface Geometry {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  /** The scale's ends; a lane outside each holds what has no place on it: NaN and infinity above, zero and nothing below. */
  readonly top: number;
  readonly bottom: number;
  /** Powers of ten at the scale's ends. */
  readonly low: number;
  readonly high: number;
  readonly x: (row: number) => number;
  readonly y: (log: number) => number;
  readonly yOf: (place: Place) => number;
}

export const LANE = 18;
const SCALE_HEIGHT = 168;
/** What lies lower is drawn at the scale's end: how far below what is allowed an error lies matters to nobody. */
const LOWEST: Readonly<Record<Metric, number>> = { times: -3, relative: -12 };

/** @param below pixels for what is written under the panel */
export function layout(places: readonly Places[], metric: Metric, width: number, below: number): Geometry {
  const logs = places
    .flatMap((p) => [p.introduced, p.chained, p.allowed])
    .flatMap((p) => (p.at === 'value' ? [p.log] : []));
  const lowest = logs.reduce((low, log) => Math.min(low, Math.floor(log)), -1);
  const low = Math.max(LOWEST[metric], lowest);
  const high = logs.reduce((top, log) => Math.max(top, Math.ceil(log + 0.25)), Math.max(1, low + 3));
  const [left, right, top] = [58, width - 6, 8 + LANE];
  const bottom = top + SCALE_HEIGHT;
  const [from, to] = [left + 10, right - 10];
  const x = (row: number) => (places.length > 1 ? from + (row / (places.length - 1)) * (to - from) : (from + to) / 2);
  const y = (log: number) => bottom - ((Math.min(high, Math.max(low, log)) - low) / (high - low)) * SCALE_HEIGHT;
  const yOf = (place: Place) => {
    if (place.at === 'value') return y(place.log);
    return place.at === 'infinite' ? top - LANE / 2 : bottom + LANE / 2;
  };
  return { width, height: bottom + LANE + Math.round(below), left, right, top, bottom, low, high, x, y, yOf };
}
