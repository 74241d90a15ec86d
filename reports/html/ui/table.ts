import type { Verdict } from '../../../harness/types/report.ts';
import { MEANINGS } from '../../shared/facts.ts';
import { grouped } from '../../shared/number.ts';
import { h, replace } from './dom.ts';
import { icon } from './icons.ts';
import { COLUMNS, rowElement } from './row.ts';
import { listingChanged, type State, type Store } from './store.ts';

/** All rows, drawn only where they can be seen: a few dozen elements for thousands of layers. */
export function tableSection(store: Store): HTMLElement {
  const count = h('p', { class: 'count', role: 'status' });
  const grid = h('div', {
    class: 'grid',
    role: 'grid',
    tabindex: 0,
    'aria-label': 'Compared tensors',
    'aria-multiselectable': 'false',
  });
  const head = headRow(store);
  const body = h('div', { class: 'body', role: 'rowgroup' });
  grid.append(h('div', { class: 'head', role: 'rowgroup' }, head), body);
  const draw = () => drawRows(store, grid, body);
  const list = () => {
    count.textContent = `${grouped(store.shown().length)} of ${grouped(store.data.rows.length)} rows`;
    grid.setAttribute('aria-rowcount', String(store.shown().length + 1));
    draw();
  };
  whenSeen(grid, draw, () => reveal(store, grid));
  store.subscribe((state, before) => {
    if (listingChanged(state, before)) list();
    if (state.selected !== before.selected || listingChanged(state, before)) reveal(store, grid);
    if (state.selected !== before.selected) draw();
  });
  list();
  return h('section', { class: 'layers', 'aria-labelledby': 'layers' }, toolbar(store, count), grid);
}

/** Draws on every scroll and change of size; the first time that there is a size, something else first. */
function whenSeen(grid: HTMLElement, draw: () => void, first: () => void): void {
  let placed = false;
  grid.addEventListener('scroll', draw, { passive: true });
  new ResizeObserver(() => {
    if (!placed && grid.clientHeight > 0) {
      placed = true;
      first();
    }
    draw();
  }).observe(grid);
}

/** Height of a row in CSS pixels: the style decides. */
function rowHeight(grid: HTMLElement): number {
  return Number.parseFloat(getComputedStyle(grid).getPropertyValue('--row')) || 34;
}

/** Characters that fit beside one another in the column of layers: names are shortened in their middle, as they differ at the end. */
function charactersOf(grid: HTMLElement): number {
  const width = grid.querySelector('.head .layer')?.clientWidth ?? 200;
  return Math.max(8, Math.floor(width / CHARACTER));
}
/** Pixels that a character of a name takes, at most. */
const CHARACTER = 8;

function drawRows(store: Store, grid: HTMLElement, body: HTMLElement): void {
  const height = rowHeight(grid);
  const shown = store.shown();
  const first = Math.max(0, Math.floor(grid.scrollTop / height) - 6);
  const last = Math.min(shown.length, first + Math.ceil((grid.clientHeight || 600) / height) + 14);
  const { selected } = store.state();
  const room = charactersOf(grid);
  body.style.height = `${shown.length * height}px`;
  const rows = shown.slice(first, last).map((index, i) => {
    const row = rowElement(store, { index, position: first + i, selected: index === selected, room });
    row.style.top = `${(first + i) * height}px`;
    return row;
  });
  replace(body, ...rows, shown.length === 0 ? h('p', { class: 'empty' }, 'No row passes the filter.') : null);
  const active = shown.slice(first, last).includes(selected);
  if (active) grid.setAttribute('aria-activedescendant', `row-${selected}`);
  else grid.removeAttribute('aria-activedescendant');
}

/** Scrolls the chosen row into sight within the table, without moving the page. */
function reveal(store: Store, grid: HTMLElement): void {
  const at = store.shown().indexOf(store.state().selected);
  if (at < 0) return;
  const height = rowHeight(grid);
  const head = (grid.firstElementChild as HTMLElement).offsetHeight;
  const top = at * height;
  const room = grid.clientHeight - head - height;
  if (top < grid.scrollTop) grid.scrollTop = Math.max(0, top - height);
  else if (top > grid.scrollTop + room) grid.scrollTop = top - Math.max(0, room - height);
}

function headRow(store: Store): HTMLElement {
  const cells = COLUMNS.map((column) => {
    const { sort } = column;
    const press = () => {
      const { sort: current, descending } = store.state();
      store.update({ sort, descending: current === sort ? !descending : column.number === true });
    };
    const button = h(
      'button',
      { type: 'button', onclick: press, title: column.help },
      column.title,
      h('span', { class: 'arrow', 'aria-hidden': 'true' }),
    );
    return h('div', { role: 'columnheader', class: `cell ${column.id}`, 'data-sort': sort }, button);
  });
  const mark = ({ sort, descending }: State) => {
    for (const cell of cells) {
      const active = cell.dataset['sort'] === sort;
      cell.setAttribute('aria-sort', active ? (descending ? 'descending' : 'ascending') : 'none');
    }
  };
  store.subscribe(mark);
  mark(store.state());
  return h('div', { role: 'row', class: 'row', 'aria-rowindex': 1 }, ...cells);
}

function toolbar(store: Store, count: HTMLElement): HTMLElement {
  const input = h('input', {
    type: 'search',
    id: 'filter',
    placeholder: 'Filter: conv2, op:Conv, err>10',
    'aria-label': 'Filter layers by name, op:, layer:, tensor:, is:, to:, err>',
    spellcheck: 'false',
    autocomplete: 'off',
    oninput: () => store.update({ filter: input.value }),
  });
  return h(
    'div',
    { class: 'toolbar' },
    h('div', { class: 'title' }, h('h2', { id: 'layers' }, 'Layers'), count),
    input,
    directionSwitch(store),
    verdictChips(store),
  );
}

function directionSwitch(store: Store): HTMLElement {
  const buttons = (['both', 'forward', 'backward'] as const).map((direction) =>
    h('button', { type: 'button', 'data-direction': direction, onclick: () => store.update({ direction }) }, direction),
  );
  const mark = (state: State) => {
    for (const button of buttons)
      button.setAttribute('aria-pressed', String(button.dataset['direction'] === state.direction));
  };
  store.subscribe(mark);
  mark(store.state());
  return h('div', { class: 'switch', role: 'group', 'aria-label': 'Direction' }, ...buttons);
}

function verdictChips(store: Store): HTMLElement {
  const verdicts = (['mismatch', 'match', 'incomparable', 'vacuous', 'unseen'] as const).filter((verdict) =>
    store.data.rows.some((row) => row.verdict === verdict),
  );
  const chips = verdicts.map((verdict) => {
    const number = store.data.rows.filter((row) => row.verdict === verdict).length;
    const press = () => store.update({ verdicts: toggled(store.state().verdicts, verdict) });
    return h(
      'button',
      { type: 'button', class: `chip ${verdict}`, 'data-verdict': verdict, title: MEANINGS[verdict], onclick: press },
      icon(verdict, 14),
      verdict,
      h('span', { class: 'number' }, grouped(number)),
    );
  });
  const mark = (state: State) => {
    for (const chip of chips)
      chip.setAttribute('aria-pressed', String(state.verdicts.has(chip.dataset['verdict'] as Verdict)));
  };
  store.subscribe(mark);
  mark(store.state());
  return h('div', { class: 'chips', role: 'group', 'aria-label': 'Verdicts' }, ...chips);
}

function toggled(set: ReadonlySet<Verdict>, verdict: Verdict): ReadonlySet<Verdict> {
  const next = new Set(set);
  if (!next.delete(verdict)) next.add(verdict);
  return next;
}
