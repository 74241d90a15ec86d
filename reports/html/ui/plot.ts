import { commonPath, tailOf } from '../../shared/text.ts';
import type { PageRow } from '../pack.ts';
import { allowedLine, axes } from './axes.ts';
import { s } from './dom.ts';
import { type Geometry, LANE, layout } from './geometry.ts';
import { linePath, lollipops, marks } from './marks.ts';
import { type Places, placesOf } from './scale.ts';
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

/** Draws the curves of one direction. */
export function drawPlot({ rows, metric, width, label }: PlotRequest): Plot {
  const places = rows.map((row) => (row.verdict === 'vacuous' ? NOTHING : placesOf(row, metric)));
  const labels = labelsOf(rows);
  const longest = labels.reduce((length, text) => Math.max(length, text.length), 0);
  const g = layout(places, metric, width, 18 + longest * DOWN);
  const [cursor, pointer] = [upright(g, 'cursor'), upright(g, 'pointer')];
  const element = s(
    'svg',
    { viewBox: `0 0 ${width} ${g.height}`, width, height: g.height, role: 'img', 'aria-label': label },
    ...axes(g, places),
    pointer,
    cursor,
    ...allowedLine(g, places),
    s('path', {
      class: 'line chained',
      d: linePath(
        g,
        places.map((p) => p.chained),
      ),
      fill: 'none',
    }),
    ...lollipops(g, places, rows),
    ...marks(g, places, rows),
    ...names(g, rows, labels),
  );
  const step = rows.length > 1 ? g.x(1) - g.x(0) : 1;
  const rowAt = (x: number) => Math.min(rows.length - 1, Math.max(0, Math.round((x - g.x(0)) / step)));
  return { element, rowAt, xOf: g.x, select: (row) => move(g, cursor, row), hover: (row) => move(g, pointer, row) };
}

/** What a vacuous comparison measured is noise on noise: it would stretch the scale and say nothing. */
const NOTHING: Places = { introduced: { at: 'none' }, chained: { at: 'none' }, allowed: { at: 'none' } };

function upright(g: Geometry, kind: string): SVGLineElement {
  return s('line', { class: kind, y1: g.top - LANE, y2: g.bottom + LANE, visibility: 'hidden' });
}

function move(g: Geometry, line: SVGLineElement, row: number): void {
  line.setAttribute('visibility', row < 0 ? 'hidden' : 'visible');
  const x = String(row < 0 ? 0 : g.x(row));
  line.setAttribute('x1', x);
  line.setAttribute('x2', x);
}

/** Pixels that a name at a slant takes across; pixels down and left of its end that each of its characters reaches. */
const NAME_ROOM = 22;
const DOWN = 4.1;
const NAME_LENGTH = 14;

/** Layers by the ends of their names, without what all begin with. */
function labelsOf(rows: readonly PageRow[]): readonly string[] {
  const common = commonPath(rows.map((row) => row.layer)).length;
  return rows.map((row) => tailOf(row.layer.slice(common), NAME_LENGTH));
}

/** The layers' names, as many as there is room for; the wrong ones before others. */
function names(g: Geometry, rows: readonly PageRow[], labels: readonly string[]): SVGElement[] {
  const taken: number[] = [];
  const wrongFirst = rows.map((_, i) => i).toSorted((a, b) => rank(rows, a) - rank(rows, b) || a - b);
  const placed = wrongFirst.filter((i) => {
    const free = taken.every((x) => Math.abs(x - g.x(i)) >= NAME_ROOM);
    if (free) taken.push(g.x(i));
    return free;
  });
  return placed.map((i) => {
    const transform = `translate(${g.x(i) + 4} ${g.bottom + LANE + 8}) rotate(-40)`;
    return s('text', { class: `layer ${rows[i]?.verdict}`, transform, 'text-anchor': 'end' }, labels[i]);
  });
}

function rank(rows: readonly PageRow[], i: number): number {
  if (rows[i]?.verdict === 'mismatch') return 0;
  // A layer's other gradients need not repeat its name.
  return rows[i]?.layer === rows[i - 1]?.layer ? 2 : 1;
}
