import type { Direction } from '../../../harness/types/trace.ts';
import { layerText } from '../../shared/facts.ts';
import { short } from '../../shared/number.ts';
import type { PageRow } from '../pack.ts';
import { drawPlot, type Plot } from './plot.ts';
import { type Child, h, replace } from './dom.ts';
import { icon } from './icons.ts';
import type { Metric, Store } from './store.ts';

/** The error over the layers: where it is introduced, and how it travels. One panel a direction, time running to the right in both. */
export function curveSection(store: Store): HTMLElement {
  const panels = (['forward', 'backward'] as const)
    .filter((direction) => store.data.rows.some((row) => row.direction === direction))
    .map((direction) => curvePanel(store, direction));
  return h(
    'section',
    { class: 'curves', 'aria-labelledby': 'curves' },
    h(
      'div',
      { class: 'title' },
      h('h2', { id: 'curves' }, 'Error over the layers'),
      legend(store),
      metricSwitch(store),
    ),
    ...panels,
  );
}

function legend(store: Store): HTMLElement {
  const local = store.data.rows.some((row) => row.local !== null);
  return h(
    'ul',
    { class: 'legend' },
    local ? item('introduced', 'introduced by the layer, on the subject’s own inputs') : null,
    item('chained', 'since the input: introduced and inherited'),
    item('allowed', 'allowed'),
    item('faulty', 'wrong'),
  );
}

function item(kind: string, text: string): HTMLElement {
  return h('li', {}, h('span', { class: `sample ${kind}` }), text);
}

function metricSwitch(store: Store): HTMLElement {
  const button = (metric: Metric, text: string) =>
    h(
      'button',
      { type: 'button', 'aria-pressed': store.state().metric === metric, onclick: () => store.update({ metric }) },
      text,
    );
  const buttons = { times: button('times', '× allowed'), relative: button('relative', 'relative error') };
  store.subscribe((state) => {
    for (const [metric, element] of Object.entries(buttons))
      element.setAttribute('aria-pressed', String(state.metric === metric));
  });
  return h(
    'div',
    { class: 'switch', role: 'group', 'aria-label': 'Scale of the curves' },
    buttons.times,
    buttons.relative,
  );
}

function curvePanel(store: Store, direction: Direction): HTMLElement {
  const rows = store.data.rows.filter((row) => row.direction === direction);
  // Rows of one direction lie together: forward first.
  const from = store.data.rows.indexOf(rows[0] as PageRow);
  const tip = h('div', { class: 'tip', 'aria-hidden': 'true' });
  const holder = h('div', { class: 'plot' });
  const title =
    direction === 'forward' ? 'Forward, in order of execution' : 'Backward, from the last layer to the first';
  let plot: Plot | undefined;
  const draw = () => {
    if (holder.clientWidth === 0) return;
    const { metric, selected } = store.state();
    plot = drawPlot({ rows, metric, width: holder.clientWidth, label: `${title}: ${summary(rows)}` });
    replace(holder, plot.element, tip);
    plot.select(within(selected - from, rows));
  };
  wire(
    holder,
    tip,
    rows,
    () => plot,
    (row) => store.update({ selected: from + row, open: true }),
  );
  new ResizeObserver(draw).observe(holder);
  store.subscribe((state, before) => {
    if (state.metric !== before.metric) draw();
    else if (state.selected !== before.selected) plot?.select(within(state.selected - from, rows));
  });
  return h('div', { class: 'curve' }, h('h3', {}, title), holder);
}

/** -1 for what lies outside. */
function within(at: number, rows: readonly PageRow[]): number {
  return at < rows.length ? Math.max(-1, at) : -1;
}

function wire(
  holder: HTMLElement,
  tip: HTMLElement,
  rows: readonly PageRow[],
  plot: () => Plot | undefined,
  choose: (row: number) => void,
): void {
  const rowAt = (event: MouseEvent) => plot()?.rowAt(event.clientX - holder.getBoundingClientRect().left) ?? -1;
  holder.addEventListener('pointermove', (event) => {
    const at = rowAt(event);
    const row = rows[at];
    tip.hidden = row === undefined;
    if (row === undefined) return;
    replace(tip, ...tipLines(row));
    const x = plot()?.xOf(at) ?? 0;
    tip.style.left = `${Math.min(Math.max(0, x - tip.offsetWidth / 2), Math.max(0, holder.clientWidth - tip.offsetWidth))}px`;
    plot()?.hover(at);
  });
  holder.addEventListener('pointerleave', () => {
    tip.hidden = true;
    plot()?.hover(-1);
  });
  holder.addEventListener('click', (event) => {
    const at = rowAt(event);
    if (rows[at] !== undefined) choose(at);
  });
  tip.hidden = true;
}

function tipLines(row: PageRow): Child[] {
  return [
    h('p', { class: 'name' }, icon(row.verdict, 14), h('b', {}, layerText(row)), ` ${row.tensor}`),
    tipLine('introduced', row.times),
    tipLine('since the input', row.timesChained),
    (row.local ?? row.chained) ? null : h('p', {}, row.reason ?? row.verdict),
  ];
}

function tipLine(label: string, times: number | string | null): Child {
  return times === null ? null : h('p', {}, `${label} ${short(Number(times))} × allowed`);
}

function summary(rows: readonly PageRow[]): string {
  const wrong = rows.filter((row) => row.verdict === 'mismatch');
  const first = wrong[0];
  return first === undefined
    ? `${rows.length} tensors, none wrong`
    : `${rows.length} tensors, ${wrong.length} wrong, the first in ${first.layer}`;
}
