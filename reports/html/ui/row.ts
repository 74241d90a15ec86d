import { grouped, percent, shapeText, short } from '../../shared/number.ts';
import { shorten } from '../../shared/text.ts';
import type { PageRow } from '../pack.ts';
import { type Child, h } from './dom.ts';
import { icon } from './icons.ts';
import { placeOf } from './scale.ts';
import type { SortKey, Store } from './store.ts';

export interface Column {
  readonly id: string;
  readonly title: string;
  readonly help: string;
  readonly sort: SortKey;
  readonly number?: true;
}

/** The table from left to right; the style decides which a narrow screen shows. */
export const COLUMNS: readonly Column[] = [
  { id: 'verdict', title: 'Verdict', help: 'Sort by verdict, wrong ones first', sort: 'verdict' },
  { id: 'way', title: '#', help: 'Order of execution: forward, then backward', sort: 'order' },
  { id: 'layer', title: 'Layer', help: 'Sort by layer', sort: 'layer' },
  { id: 'tensor', title: 'Tensor', help: 'Sort by tensor', sort: 'tensor' },
  {
    id: 'introduced',
    title: 'Introduced',
    help: 'Error of the layer on the subject’s own inputs, over what is allowed',
    sort: 'introduced',
    number: true,
  },
  {
    id: 'chained',
    title: 'Since input',
    help: 'Relative error since the network’s input: introduced and inherited',
    sort: 'chained',
    number: true,
  },
  { id: 'excluded', title: 'Left out', help: 'Elements left out at kinks and ties', sort: 'excluded', number: true },
];

/** How a row is to be drawn. */
export interface RowRequest {
  /** Among all rows, and among those shown. */
  readonly index: number;
  readonly position: number;
  readonly selected: boolean;
  /** Characters that fit into the cells of names. */
  readonly room: number;
}

/** One line of the table. */
export function rowElement(store: Store, { index, position, selected, room }: RowRequest): HTMLElement {
  const row = store.data.rows[index] as PageRow;
  const band = row.band === 'precision' ? row.band : null;
  return h(
    'div',
    {
      role: 'row',
      id: `row-${index}`,
      class: `row ${row.verdict}`,
      'aria-rowindex': position + 2,
      'aria-selected': selected,
      onclick: () => store.update({ selected: index, open: true }),
    },
    cell('verdict', icon(row.verdict), row.verdict, band && h('span', { class: 'band' }, band)),
    cell('way', arrow(row), ` ${row.order + 1}`),
    cell(
      'layer',
      h('b', { class: 'name', title: row.layer }, shorten(row.layer, room)),
      h('span', { class: 'op' }, row.op),
    ),
    cell(
      'tensor',
      h('span', { class: 'name', title: row.tensor }, shorten(row.tensor, room)),
      h('span', { class: 'shape' }, shapeText(row.shape)),
    ),
    cell('introduced', ...introduced(row)),
    cell('chained', row.chained ? percentOf(row.chained.relL2) : '–'),
    cell('excluded', row.excluded > 0 ? grouped(row.excluded) : ''),
  );
}

function arrow({ direction }: PageRow): HTMLElement {
  return h('span', { title: direction, 'aria-label': direction }, direction === 'forward' ? '→' : '←');
}

/** The number, and a bar of its power of ten: empty at 1/100 of what is allowed, full at a million times. */
function introduced(row: PageRow): (HTMLElement | string)[] {
  if (row.times === null) return ['–'];
  const place = placeOf(row.times);
  const share = place.at === 'infinite' ? 1 : place.at === 'value' ? (place.log + 2) / 8 : 0;
  const fill = h('span', { class: 'fill' });
  fill.style.width = `${Math.min(1, Math.max(0, share)) * 100}%`;
  return [
    h('span', { class: 'number' }, place.at === 'exact' ? 'exact' : `${short(Number(row.times), 2)} ×`),
    h('span', { class: 'meter', 'aria-hidden': 'true' }, fill),
  ];
}

function percentOf(x: number | string): string {
  const value = Number(x);
  return Number.isFinite(value) && value >= 1e-5 ? percent(value) : short(value, 2);
}

function cell(id: string, ...children: readonly Child[]): HTMLElement {
  return h('div', { role: 'gridcell', class: `cell ${id}` }, ...children);
}
