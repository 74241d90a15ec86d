import type { PageRow } from '../pack.ts';
import { shorten } from '../../shared/text.ts';
import { s } from './dom.ts';
import { type Place, placesOf, powers, powerText } from './scale.ts';
import type { Metric } from './store.ts';

/** A drawn panel, and what can be asked of it. Rows are counted within the panel. */
export interface Plot {
  readonly element: SVGSVGElement;
  readonly rowAt: (x: number) => number;
  readonly xOf: (row: number) => number;
  readonly select: (row: number) => void;
  readonly hover: (row: number) => void;
}

export interface PlotRequest {
  readonly rows: readonly PageRow[];
  readonly metric: Metric;
  /** In CSS pixels. */
  readonly width: number;
  /** For those who do not see it. */
  readonly label: string;
}

interface Geometry {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  /** Heights of the lanes outside the scale: NaN and infinity above, exact zero and not compared below. */
  readonly bottom: number;
  readonly low: number;
  readonly high: number;
  readonly x: (row: number) => number;
  readonly y: (log: number) => number;
  readonly yOf: (place: Place) => number;
}

const LANE = 18;
const SCALE_HEIGHT = 168;

/** Draws the curves of one direction. */
export function drawPlot({ rows, metric, width, label }: PlotRequest): Plot {
  // What a vacuous comparison measured is noise on noise: it would stretch the scale and say nothing.
  const places = rows.map((row) =>
    row.verdict === 'vacuous' ? { ...placesOf(row, metric), ...NOTHING } : placesOf(row, metric),
  );
  const geometry = layout(rows.length, width, places);
  const cursor = s('line', {
    class: 'cursor',
    y1: geometry.top - LANE,
    y2: geometry.bottom + LANE,
    visibility: 'hidden',
  });
  const pointer = s('line', {
    class: 'pointer',
    y1: geometry.top - LANE,
    y2: geometry.bottom + LANE,
    visibility: 'hidden',
  });
  const move = (line: SVGLineElement) => (row: number) => {
    line.setAttribute('visibility', row < 0 ? 'hidden' : 'visible');
    const x = row < 0 ? 0 : geometry.x(row);
    line.setAttribute('x1', String(x));
    line.setAttribute('x2', String(x));
  };
  const element = s(
    'svg',
    { viewBox: `0 0 ${width} ${geometry.height}`, width, height: geometry.height, role: 'img', 'aria-label': label },
    ...grid(geometry, places),
    pointer,
    cursor,
    ...allowedLine(geometry, places),
    curve(
      geometry,
      places.map((p) => p.chained),
      'chained',
    ),
    ...stems(geometry, places, rows),
    curve(
      geometry,
      places.map((p) => p.introduced),
      'introduced',
    ),
    ...marks(geometry, places, rows),
    ...names(geometry, rows),
  );
  const step = rows.length > 1 ? geometry.x(1) - geometry.x(0) : 1;
  const rowAt = (x: number) => Math.min(rows.length - 1, Math.max(0, Math.round((x - geometry.x(0)) / step)));
  return { element, rowAt, xOf: geometry.x, select: move(cursor), hover: move(pointer) };
}

const NOTHING = { introduced: { at: 'none' }, chained: { at: 'none' }, allowed: { at: 'none' } } as const;
type Places = ReturnType<typeof placesOf>;

function layout(count: number, width: number, places: readonly Places[]): Geometry {
  const logs = places
    .flatMap((p) => [p.introduced, p.chained, p.allowed])
    .flatMap((p) => (p.at === 'value' ? [p.log] : []));
  const low = Math.max(-12, Math.min(-1, ...logs.map(Math.floor)));
  const high = Math.max(1, low + 3, ...logs.map((log) => Math.ceil(log + 0.25)));
  const left = 58;
  const top = 8 + LANE;
  const bottom = top + SCALE_HEIGHT;
  const usable = width - left - 22;
  const x = (row: number) => left + 8 + (count > 1 ? (row / (count - 1)) * usable : usable / 2);
  const y = (log: number) => bottom - ((Math.min(high, Math.max(low, log)) - low) / (high - low)) * SCALE_HEIGHT;
  const yOf = (place: Place) => {
    if (place.at === 'value') return y(place.log);
    return place.at === 'infinite' ? top - LANE / 2 : bottom + LANE / 2;
  };
  return { width, height: bottom + LANE + NAMES, left, top, bottom, low, high, x, y, yOf };
}
/** Pixels that a name takes across when it is written at a slant, and that all take below. */
const NAME_ROOM = 22;
const NAMES = 72;

function grid(g: Geometry, places: readonly Places[]): SVGElement[] {
  const right = g.width - 6;
  const infinite = places.some((p) => p.introduced.at === 'infinite' || p.chained.at === 'infinite');
  const exact = places.some((p) => p.introduced.at === 'exact' || p.chained.at === 'exact');
  const unmeasured = places.some((p) => p.introduced.at === 'none' && p.chained.at === 'none');
  // The scale's outermost numbers make room for what the lanes beside them say.
  const free = (y: number) => !(infinite && y < g.top + 10) && !((exact || unmeasured) && y > g.bottom - 4);
  const lines = powers(g.low, g.high, 6).flatMap((power) => {
    const y = g.y(power);
    const line = s('line', { class: 'rule', x1: g.left, x2: right, y1: y, y2: y });
    return free(y) ? [line, tick(g, y, powerText(power))] : [line];
  });
  const lane = (y: number, text: string) => [
    s('rect', { class: 'lane', x: g.left, width: Math.max(0, right - g.left), y: y - LANE / 2, height: LANE }),
    tick(g, y, text),
  ];
  return [
    ...lines,
    ...(infinite ? lane(g.top - LANE / 2, 'NaN ∞') : []),
    ...(exact || unmeasured ? lane(g.bottom + LANE / 2, exact ? '0' : 'none') : []),
  ];
}

function tick(g: Geometry, y: number, text: string): SVGElement {
  return s('text', { class: 'tick', x: g.left - 8, y: y + 4, 'text-anchor': 'end' }, text);
}

/** A line at 1 in times of what is allowed; a line that bends in relative error. */
function allowedLine(g: Geometry, places: readonly Places[]): SVGElement[] {
  const flat = places.every((p) => p.allowed.at === 'none' || (p.allowed.at === 'value' && p.allowed.log === 0));
  if (flat) {
    const y = g.y(0);
    return [
      s('rect', { class: 'proven', x: g.left, width: Math.max(0, g.width - 6 - g.left), y, height: g.bottom - y }),
      s('line', { class: 'allowed', x1: g.left, x2: g.width - 6, y1: y, y2: y }),
      s('text', { class: 'allowed', x: g.width - 8, y: y - 5, 'text-anchor': 'end' }, 'allowed'),
    ];
  }
  return [
    curve(
      g,
      places.map((p) => p.allowed),
      'allowed',
    ),
  ];
}

/** A line through what was measured, broken where nothing was. */
function curve(g: Geometry, places: readonly Place[], kind: string): SVGElement {
  let path = '';
  let drawing = false;
  places.forEach((place, row) => {
    if (place.at === 'none') drawing = false;
    else {
      path += `${drawing ? 'L' : 'M'}${g.x(row).toFixed(1)} ${g.yOf(place).toFixed(1)}`;
      drawing = true;
    }
  });
  return s('path', { class: `line ${kind}`, d: path, fill: 'none' });
}

/** From what is allowed up to what a wrong layer introduced. */
function stems(g: Geometry, places: readonly Places[], rows: readonly PageRow[]): SVGElement[] {
  return places.flatMap((p, row) => {
    if (rows[row]?.verdict !== 'mismatch' || p.introduced.at === 'none') return [];
    const from = p.allowed.at === 'value' ? g.y(p.allowed.log) : g.bottom;
    return [s('line', { class: 'stem', x1: g.x(row), x2: g.x(row), y1: from, y2: g.yOf(p.introduced) })];
  });
}

function marks(g: Geometry, places: readonly Places[], rows: readonly PageRow[]): SVGElement[] {
  const first = rows.findIndex((row) => row.verdict === 'mismatch');
  const sparse = rows.length <= 240;
  return places.flatMap((p, i) => {
    const { verdict } = rows[i] as PageRow;
    const at = p.introduced.at === 'none' ? p.chained : p.introduced;
    const [x, y] = [g.x(i), g.yOf(at)];
    if (verdict === 'mismatch')
      return i === first ? [...firstMark(g, x, y, rows[i] as PageRow)] : [cross(x, y, 'faulty')];
    if (verdict === 'match')
      return sparse && p.introduced.at !== 'none' ? [s('circle', { class: 'dot', cx: x, cy: y, r: 2.6 })] : [];
    const lane = g.bottom + LANE / 2;
    if (verdict === 'vacuous') return [s('path', { class: 'hollow vacuous', d: `M${x} ${lane - 4}l4 4l-4 4l-4-4z` })];
    return [s('circle', { class: `hollow ${verdict}`, cx: x, cy: lane, r: 3.2 })];
  });
}

function firstMark(g: Geometry, x: number, y: number, row: PageRow): SVGElement[] {
  const after = x < g.width * 0.62;
  const attributes = {
    class: 'first',
    x: after ? x + 13 : x - 13,
    y: y - 8,
    'text-anchor': after ? 'start' : 'end',
  };
  return [
    s('circle', { class: 'halo', cx: x, cy: y, r: 9 }),
    cross(x, y, 'faulty'),
    s('text', attributes, `first: ${shorten(row.layer, 28)}`),
  ];
}

function cross(x: number, y: number, kind: string): SVGElement {
  return s('path', { class: `cross ${kind}`, d: `M${x - 4} ${y - 4}l8 8M${x + 4} ${y - 4}l-8 8` });
}

/** The layers' names, as many as there is room for; the wrong ones before others. */
function names(g: Geometry, rows: readonly PageRow[]): SVGElement[] {
  const taken: number[] = [];
  const wrongFirst = rows.map((_, i) => i).toSorted((a, b) => rank(rows, a) - rank(rows, b) || a - b);
  const placed = wrongFirst.filter((i) => {
    const free = taken.every((x) => Math.abs(x - g.x(i)) >= NAME_ROOM);
    if (free) taken.push(g.x(i));
    return free;
  });
  return placed.map((i) => {
    const row = rows[i] as PageRow;
    const transform = `translate(${g.x(i) + 4} ${g.bottom + LANE + 8}) rotate(-40)`;
    return s('text', { class: `layer ${row.verdict}`, transform, 'text-anchor': 'end' }, shorten(row.layer, 14));
  });
}

function rank(rows: readonly PageRow[], i: number): number {
  if (rows[i]?.verdict === 'mismatch') return 0;
  // A layer's other gradients need not repeat its name.
  return rows[i]?.layer === rows[i - 1]?.layer ? 2 : 1;
}
