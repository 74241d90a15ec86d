import type { Measures } from '../../../harness/types/report.ts';
import { MEANINGS } from '../../shared/facts.ts';
import { element, grouped, indexText, numberOf, percent, shapeText, short } from '../../shared/number.ts';
import type { PageRow } from '../pack.ts';
import { causeBlock } from './cause.ts';
import { h, replace } from './dom.ts';
import { heatMap } from './heat.ts';
import { icon } from './icons.ts';
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
  const close = () => store.update({ open: false });
  return [
    h(
      'div',
      { class: 'heading' },
      h('h2', {}, h('span', { class: 'name' }, row.layer), h('span', { class: 'op' }, row.op)),
      h('button', { type: 'button', class: 'close', onclick: close, 'aria-label': 'Close the layer' }, 'Close'),
    ),
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
    site ? causeBlock(site, store.data) : null,
    row.map ? h('div', {}, h('h3', {}, 'Where the error lies'), heatMap(row.map)) : null,
    ...measuresTable(row),
    ...worstTable(row),
    h('h3', {}, 'How the two were paired'),
    h('p', {}, `${row.why}. In the subject: `, h('span', { class: 'name' }, row.subjectName)),
  ];
}

function stateText(row: PageRow): string {
  if (row.verdict === 'mismatch') return row.distance;
  if (row.reason !== undefined) return row.reason;
  if (row.verdict !== 'match') return MEANINGS[row.verdict];
  const inherited = Number(row.timesChained ?? 0) > 100;
  return inherited ? 'right on its own inputs; what is off since the input was inherited' : 'within what is allowed';
}

function measuresTable(row: PageRow): (HTMLElement | null)[] {
  const { local, chained, allowed } = row;
  if (local === null && chained === null) return [];
  const line = (label: string, read: (m: Measures) => string) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, label),
      ...[local, chained].map((m) => h('td', {}, m === null ? '–' : read(m))),
    );
  const table = h(
    'table',
    { class: 'measures' },
    h(
      'thead',
      {},
      h('tr', {}, h('td'), h('th', { scope: 'col' }, 'introduced'), h('th', { scope: 'col' }, 'since input')),
    ),
    h(
      'tbody',
      {},
      h(
        'tr',
        { class: 'times' },
        h('th', { scope: 'row' }, '× allowed'),
        ...[row.times, row.timesChained].map((x) => h('td', {}, x === null ? '–' : short(Number(x)))),
      ),
      line('root mean square', (m) => short(numberOf(m.rms))),
      line('largest', (m) => short(numberOf(m.maxAbs))),
      line('relative error', (m) => percentText(m.relL2)),
      line('cosine', (m) => (m.cosine === null ? '–' : String(m.cosine))),
      line('ulp, 99th percentile', (m) => short(numberOf(m.ulpP99))),
      line('elements off', (m) => `${grouped(m.mismatched)} of ${grouped(m.elements)}`),
      line('NaN or ∞ on one side', (m) => grouped(m.nonFinite)),
    ),
  );
  const excluded = row.excluded > 0 ? ` ${grouped(row.excluded)} elements at a kink or a tie were left out.` : '';
  const because =
    allowed &&
    h(
      'p',
      { class: 'because' },
      h('b', {}, `Allowed ${short(numberOf(allowed.rms))} `),
      `${allowed.because}.${excluded}`,
    );
  return [h('h3', {}, 'How far off'), table, because];
}

function percentText(x: number | string): string {
  const value = Number(x);
  return Number.isFinite(value) && value >= 1e-5 ? percent(value) : short(value);
}

function worstTable(row: PageRow): (HTMLElement | null)[] {
  const measures = row.local ?? row.chained;
  if (measures === null || measures.worst.length === 0) return [];
  const heads = ['index', 'subject', 'reference', 'oracle'].map((text) => h('th', { scope: 'col' }, text));
  const lines = measures.worst.map((worst) =>
    h(
      'tr',
      {},
      h('td', {}, indexText(worst.index)),
      ...[worst.subject, worst.reference, worst.oracle].map((x) => h('td', {}, element(x))),
    ),
  );
  const table = h('table', { class: 'worst' }, h('thead', {}, h('tr', {}, ...heads)), h('tbody', {}, ...lines));
  return [
    h('h3', {}, 'Elements that differ most'),
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Elements that differ most' }, table),
  ];
}
