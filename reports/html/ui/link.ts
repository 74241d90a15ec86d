import type { PageRow } from '../pack.ts';
import type { Store } from './store.ts';

/** Keeps the address and the chosen row together: `#forward=conv2_out` opens that row, and can be sent to a colleague. */
export function keepLink(store: Store): void {
  const follow = () => {
    const selected = rowOf(store, location.hash);
    if (selected >= 0 && selected !== store.state().selected) store.update({ selected, open: true });
  };
  addEventListener('hashchange', follow);
  follow();
  store.subscribe((state, before) => {
    const row = store.data.rows[state.selected];
    if (row !== undefined && state.selected !== before.selected) history.replaceState(null, '', hashOf(row));
  });
}

function hashOf(row: PageRow): string {
  return `#${new URLSearchParams({ [row.direction]: row.tensor })}`;
}

function rowOf(store: Store, hash: string): number {
  const [wanted] = [...new URLSearchParams(hash.slice(1))];
  if (wanted === undefined) return -1;
  return store.data.rows.findIndex((row) => row.direction === wanted[0] && row.tensor === wanted[1]);
}
