import { tailOf } from '../../shared/text.ts';
import type { PageRow } from '../pack.ts';
import { s } from './dom.ts';
import { type Geometry, LANE } from './geometry.ts';
import type { Place, Places } from './scale.ts';

/** Layers from which dots would run into one another. */
const DENSE = 240;

/**
 * A line through what was measured. It breaks where nothing was; a zero after an error (a constant, a shape) does not carry
 * the error, so the line passes over it.
 */
export function linePath(g: Geometry, places: readonly Place[]): string {
  let path = '';
  let last: Place['at'] = 'none';
  places.forEach((place, row) => {
    if (place.at === 'exact' && (last === 'value' || last === 'infinite')) return;
    if (place.at !== 'none') path += `${last === 'none' ? 'M' : 'L'}${g.x(row).toFixed(1)} ${g.yOf(place).toFixed(1)}`;
    last = place.at;
  });
  return path;
}

/** What each layer introduced: a stem from the foot of the scale, and a dot where there is room for it. */
export function lollipops(g: Geometry, places: readonly Places[], rows: readonly PageRow[]): SVGElement[] {
  let stems = '';
  const dots: SVGElement[] = [];
  places.forEach(({ introduced }, row) => {
    if (introduced.at === 'none' || rows[row]?.verdict === 'mismatch') return;
    const [x, y] = [g.x(row).toFixed(1), g.yOf(introduced).toFixed(1)];
    if (introduced.at !== 'exact') stems += `M${x} ${g.bottom}V${y}`;
    if (places.length <= DENSE) dots.push(s('circle', { class: 'dot', cx: x, cy: y, r: 2.6 }));
  });
  return [s('path', { class: 'stems', d: stems, fill: 'none' }), ...dots];
}

/** Wrong layers, the first of them above all; and what was compared without a result. */
export function marks(g: Geometry, places: readonly Places[], rows: readonly PageRow[]): SVGElement[] {
  const first = rows.findIndex((row) => row.verdict === 'mismatch');
  const at = (i: number) => {
    const { introduced, chained } = places[i] as Places;
    return g.yOf(introduced.at === 'none' ? chained : introduced);
  };
  const later = rows.flatMap((row, i) => {
    if (row.verdict === 'match' || i === first) return [];
    return row.verdict === 'mismatch' ? wrong(g, g.x(i), at(i)) : [open(g, g.x(i), row)];
  });
  return first < 0 ? later : [...later, ...firstMark(g, g.x(first), at(first), rows[first] as PageRow)];
}

function wrong(g: Geometry, x: number, y: number): SVGElement[] {
  const cross = `M${x - 4} ${y - 4}l8 8M${x + 4} ${y - 4}l-8 8`;
  return [
    s('line', { class: 'stem', x1: x, x2: x, y1: g.bottom, y2: y }),
    s('path', { class: 'cross faulty', d: cross }),
  ];
}

/** Vacuous, unseen, incomparable: hollow, and below the scale. */
function open(g: Geometry, x: number, row: PageRow): SVGElement {
  const y = g.bottom + LANE / 2;
  if (row.verdict === 'vacuous') return s('path', { class: 'hollow vacuous', d: `M${x} ${y - 4}l4 4l-4 4l-4-4z` });
  return s('circle', { class: `hollow ${row.verdict}`, cx: x, cy: y, r: 3.2 });
}

function firstMark(g: Geometry, x: number, y: number, row: PageRow): SVGElement[] {
  const after = x < g.width * 0.62;
  // Above the mark, but below one that is above the scale already.
  const beside = y < g.top ? y + 22 : y - 8;
  const place = { x: after ? x + 13 : x - 13, y: beside, 'text-anchor': after ? 'start' : 'end' };
  const [stem, cross] = wrong(g, x, y) as [SVGElement, SVGElement];
  return [
    stem,
    s('circle', { class: 'halo', cx: x, cy: y, r: 9 }),
    cross,
    s('text', { class: 'first', ...place }, `first: ${tailOf(row.layer, 30)}`),
  ];
}
