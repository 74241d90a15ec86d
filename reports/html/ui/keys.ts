import type { PageRow } from '../pack.ts';
import { h } from './dom.ts';
import type { Store } from './store.ts';

/** n and p: next and previous row that is not right; arrows move in the table; Enter opens; Escape closes; / filters. */
export function listenToKeys(store: Store): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (event.key === 'Escape') {
      // Back to where the layer was chosen.
      if (target.id === 'filter' || target.closest('.panel'))
        document.querySelector<HTMLElement>('[role=grid]')?.focus();
      store.update({ open: false });
      return;
    }
    if (target.matches('input, textarea, select')) return;
    const action = ACTIONS.get(event.key);
    const inTable = target.matches('[role=grid]');
    if (action === undefined || (action.tableOnly && !inTable)) return;
    event.preventDefault();
    action.run(store);
  });
}

interface Action {
  readonly tableOnly: boolean;
  readonly run: (store: Store) => void;
}

const PAGE = 12;
const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['n', { tableOnly: false, run: (store) => toFailure(store, 1) }],
  ['p', { tableOnly: false, run: (store) => toFailure(store, -1) }],
  ['/', { tableOnly: false, run: () => document.getElementById('filter')?.focus() }],
  ['ArrowDown', { tableOnly: true, run: (store) => move(store, 1) }],
  ['ArrowUp', { tableOnly: true, run: (store) => move(store, -1) }],
  ['PageDown', { tableOnly: true, run: (store) => move(store, PAGE) }],
  ['PageUp', { tableOnly: true, run: (store) => move(store, -PAGE) }],
  ['Home', { tableOnly: true, run: (store) => move(store, Number.NEGATIVE_INFINITY) }],
  ['End', { tableOnly: true, run: (store) => move(store, Number.POSITIVE_INFINITY) }],
  ['Enter', { tableOnly: true, run: openPanel }],
]);

function openPanel(store: Store): void {
  store.update({ open: true });
  document.querySelector<HTMLElement>('.panel')?.focus();
}

/** Round and round over the wrong rows among those shown. */
function toFailure(store: Store, step: 1 | -1): void {
  const shown = store.shown();
  const wrong = shown.filter((index) => (store.data.rows[index] as PageRow).verdict === 'mismatch');
  if (wrong.length === 0) return;
  const at = shown.indexOf(store.state().selected);
  const positions = wrong.map((index) => shown.indexOf(index));
  const next = step > 0 ? positions.findIndex((p) => p > at) : positions.findLastIndex((p) => p < at);
  const chosen = next >= 0 ? next : step > 0 ? 0 : wrong.length - 1;
  store.update({ selected: wrong[chosen] as number });
}

function move(store: Store, by: number): void {
  const shown = store.shown();
  const at = shown.indexOf(store.state().selected);
  const next = Math.min(shown.length - 1, Math.max(0, at < 0 ? 0 : at + by));
  const chosen = shown[next];
  if (chosen !== undefined) store.update({ selected: chosen });
}

/** What can be pressed. */
export function keysLine(): HTMLElement {
  return h(
    'p',
    { class: 'keys' },
    key('n'),
    ' ',
    key('p'),
    ' next, previous wrong layer  ',
    key('↑'),
    ' ',
    key('↓'),
    ' ',
    key('Enter'),
    ' in the table  ',
    key('/'),
    ' filter  ',
    key('Esc'),
    ' close',
  );
}

function key(name: string): HTMLElement {
  return h('kbd', {}, name);
}
