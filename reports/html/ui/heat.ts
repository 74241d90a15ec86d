import { HIGHEST, LOWEST, levelOf, type PackedMap } from '../levels.ts';
import { h } from './dom.ts';
import { cividis } from './palette.ts';
import { powerText } from './scale.ts';

/** A picture of where the error lies, with its legend and a read-out of the cell under the pointer. */
export function heatMap(map: PackedMap): HTMLElement {
  const levels = [...map.levels].map(levelOf);
  const finite = levels.filter((level) => level !== null && Number.isFinite(level)) as number[];
  const high = Math.min(HIGHEST, Math.max(1, ...finite.map(Math.ceil)));
  const low = Math.max(LOWEST, Math.min(-1, ...finite.map(Math.floor)));
  const readout = h('p', { class: 'readout' }, summary(map, levels));
  const canvas = picture(map, levels, readout);
  paint(canvas, levels, (level) => (level - low) / (high - low));
  const across = h('span', { class: 'axis across' }, `${map.axes[1]} →`);
  const down = h('span', { class: 'axis down' }, `${map.axes[0]} →`);
  return h('figure', { class: 'map' }, h('div', { class: 'frame' }, across, down, canvas), legend(low, high), readout);
}

function picture(map: PackedMap, levels: readonly (number | null)[], readout: HTMLElement): HTMLCanvasElement {
  const canvas = h('canvas', {
    width: map.columns,
    height: map.rows,
    class: 'heat',
    role: 'img',
    'aria-label': `Heat map of the error: ${summary(map, levels)}`,
    onpointermove: (event: PointerEvent) => {
      const box = canvas.getBoundingClientRect();
      const row = Math.min(map.rows - 1, Math.floor(((event.clientY - box.top) / box.height) * map.rows));
      const column = Math.min(map.columns - 1, Math.floor(((event.clientX - box.left) / box.width) * map.columns));
      const level = levels[row * map.columns + column];
      readout.textContent = `row ${row} of ${map.axes[0]}, column ${column} of ${map.axes[1]}: ${levelText(level)}`;
    },
    onpointerleave: () => {
      readout.textContent = summary(map, levels);
    },
  });
  canvas.style.aspectRatio = String(Math.min(4, Math.max(0.7, map.columns / map.rows)));
  return canvas;
}

function paint(canvas: HTMLCanvasElement, levels: readonly (number | null)[], share: (level: number) => number): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const image = context.createImageData(canvas.width, canvas.height);
  levels.forEach((level, i) => {
    // No difference stays transparent: the frame's ground shows through. NaN and infinity are a colour of their own.
    if (level === null) return;
    const [r, g, b] = level === Number.POSITIVE_INFINITY ? [224, 64, 160] : cividis(share(level));
    image.data.set([r, g, b, 255], i * 4);
  });
  context.putImageData(image, 0, 0);
}

function legend(low: number, high: number): HTMLElement {
  const bar = h('canvas', { width: 128, height: 1, 'aria-hidden': 'true' });
  paint(
    bar,
    Array.from({ length: 128 }, (_, i) => i / 127),
    (level) => level,
  );
  const allowed = h('span', { class: 'allowed' }, '1 = allowed');
  allowed.style.left = `${(-low / (high - low)) * 100}%`;
  return h(
    'figcaption',
    { class: 'legend' },
    h('span', {}, `error over allowed: ${powerText(low)}`),
    h('span', { class: 'bar' }, bar, allowed),
    h('span', {}, powerText(high)),
  );
}

function summary(map: PackedMap, levels: readonly (number | null)[]): string {
  const over = levels.filter((level) => level !== null && !(level <= 0)).length;
  return `${over} of ${levels.length} cells beyond what is allowed (${map.rows} × ${map.columns}, each the worst of its elements)`;
}

function levelText(level: number | null | undefined): string {
  if (level === null || level === undefined) return 'no difference, or not compared';
  if (level === Number.POSITIVE_INFINITY) return 'NaN, infinity, or more than 10⁹ × allowed';
  return `${Number((10 ** level).toPrecision(2))} × allowed`;
}
