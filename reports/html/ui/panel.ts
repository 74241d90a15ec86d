import { MEANINGS } from '../../shared/facts.ts';
import { shapeText } from '../../shared/number.ts';
import type { PageRow } from '../pack.ts';
import { causeBlock } from './cause.ts';
import { h, replace } from './dom.ts';
import { heatMap } from './heat.ts';
import { icon } from './icons.ts';
import { measuresTable, worstTable } from './measures.ts';
import type { Store } from './store.ts';

/** Everything about the chosen row. */
export function layerPanel(store: Store): HTMLElement {
  const panel = h('aside', { class: 'panel', 'aria-label': 'Layer', tabindex: -1 });
  const draw = () => {
    const { selected, open } = store.state();
    const row = store.data.rows[selected];
    panel.classList.toggle('open', open && row !== undefined);
    if (row === undefined)
      replace(panel, h('p', { class: 'calm' }, 'Choose a layer: in the curve, in the table, or with n and p.'));
    else replace(panel, ...content(store, selected, row));
  };
  store.subscribe((state, before) => {
    if (state.selected === before.selected && state.open === before.open) return;
    draw();
    panel.scrollTop = 0;
    if (state.open && !before.open && getComputedStyle(panel).position === 'fixed') panel.focus();
  });
  draw();
  return panel;
}

function content(store: Store, selected: number, row: PageRow): (HTMLElement | null)[] {
  const site = store.data.sites.find((one) => one.row === selected);
  return [
    ...heading(store, row),
    site ? causeBlock(site, store.data) : null,
    row.map ? h('div', {}, h('h3', {}, 'Where the error lies'), heatMap(row.map)) : null,
    ...measuresTable(row),
    ...worstTable(row),
    h('h3', {}, 'How the two were paired'),
    h('p', {}, `${row.why}. In the subject: `, h('span', { class: 'name' }, row.subjectName)),
  ];
}

function heading(store: Store, row: PageRow): HTMLElement[] {
  const close = () => store.update({ open: false });
  const title = h('h2', {}, h('span', { class: 'name' }, row.layer), h('span', { class: 'op' }, row.op));
  const button = { type: 'button', class: 'close', onclick: close, 'aria-label': 'Close the layer' };
  return [
    h('div', { class: 'heading' }, title, h('button', button, 'Close')),
    h(
      'p',
      { class: 'tensor' },
      row.direction === 'forward' ? 'output ' : 'gradient of ',
      h('b', { class: 'name' }, row.tensor),
      h('span', { class: 'shape' }, `${shapeText(row.shape)} ${row.dtype}`),
    ),
    h(
      'p',
      { class: `state ${row.verdict}` },
      icon(row.verdict, 18),
      h('b', {}, row.verdict),
      row.band ? h('span', { class: 'band' }, row.band) : null,
      h('span', {}, stateText(row)),
    ),
  ];
}

function stateText(row: PageRow): string {
  if (row.verdict === 'mismatch') return row.distance;
  if (row.reason !== undefined) return row.reason;
  if (row.verdict !== 'match') return MEANINGS[row.verdict];
  const inherited = Number(row.timesChained ?? 0) > 100;
  return inherited ? 'right on its own inputs; what is off since the input was inherited' : 'within what is allowed';
}
