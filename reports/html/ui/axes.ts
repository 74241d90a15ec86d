import { s } from './dom.ts';
import { type Geometry, LANE } from './geometry.ts';
import { linePath } from './marks.ts';
import { type Places, powers, powerText } from './scale.ts';

/** Lines and numbers of the scale, and the lanes for what is not on it. */
export function axes(g: Geometry, places: readonly Places[]): SVGElement[] {
  const infinite = places.some((p) => p.introduced.at === 'infinite' || p.chained.at === 'infinite');
  const exact = places.some((p) => p.introduced.at === 'exact' || p.chained.at === 'exact');
  const nothing = places.some((p) => p.introduced.at === 'none' && p.chained.at === 'none');
  // The scale's outermost numbers make room for what the lanes beside them say.
  const free = (y: number) => !(infinite && y < g.top + 10) && !((exact || nothing) && y > g.bottom - 4);
  const rules = powers(g.low, g.high, 6).flatMap((power) => {
    const y = g.y(power);
    const rule = s('line', { class: 'rule', x1: g.left, x2: g.right, y1: y, y2: y });
    return free(y) ? [rule, tick(g, y, powerText(power))] : [rule];
  });
  return [
    ...rules,
    ...(infinite ? lane(g, g.top - LANE / 2, 'NaN ∞') : []),
    ...(exact || nothing ? lane(g, g.bottom + LANE / 2, exact ? 'exact' : 'none') : []),
  ];
}

/** What is allowed: a line at 1 in times of it, one that bends in relative error. */
export function allowedLine(g: Geometry, places: readonly Places[]): SVGElement[] {
  const flat = places.every((p) => p.allowed.at !== 'value' || p.allowed.log === 0);
  if (!flat)
    return [
      s('path', {
        class: 'line allowed',
        d: linePath(
          g,
          places.map((p) => p.allowed),
        ),
        fill: 'none',
      }),
    ];
  const y = g.y(0);
  return [
    s('rect', { class: 'proven', x: g.left, width: Math.max(0, g.right - g.left), y, height: g.bottom + LANE - y }),
    s('line', { class: 'allowed', x1: g.left, x2: g.right, y1: y, y2: y }),
    s('text', { class: 'allowed', x: g.right - 2, y: y - 5, 'text-anchor': 'end' }, 'allowed'),
  ];
}

function lane(g: Geometry, y: number, text: string): SVGElement[] {
  const box = { x: g.left, width: Math.max(0, g.right - g.left), y: y - LANE / 2, height: LANE };
  return [s('rect', { class: 'lane', ...box }), tick(g, y, text)];
}

function tick(g: Geometry, y: number, text: string): SVGElement {
  return s('text', { class: 'tick', x: g.left - 8, y: y + 4, 'text-anchor': 'end' }, text);
}
