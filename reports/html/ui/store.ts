import type { Verdict } from '../../../harness/types/report.ts';
import type { PageData, PageRow } from '../pack.ts';
import { type Filter, parseFilter } from './filter.ts';

export type Metric = 'times' | 'relative';
export type SortKey = 'order' | 'verdict' | 'layer' | 'tensor' | 'introduced' | 'chained' | 'excluded';

/** All that changes while the page is looked at. */
export interface State {
  /** Among all rows; -1 where nothing is chosen. */
  readonly selected: number;
  /** The layer panel covers a narrow screen only when it was asked for. */
  readonly open: boolean;
  readonly metric: Metric;
  readonly filter: string;
  readonly direction: 'both' | 'forward' | 'backward';
  readonly verdicts: ReadonlySet<Verdict>;
  readonly sort: SortKey;
  readonly descending: boolean;
}

export interface Store {
  readonly data: PageData;
  readonly state: () => State;
  /** Indices of the rows that pass the filter, in the order of the table. */
  readonly shown: () => readonly number[];
  readonly update: (change: Partial<State>) => void;
  readonly subscribe: (listener: (state: State, before: State) => void) => void;
}

export function createStore(data: PageData, initial: Partial<State>): Store {
  let state: State = {
    selected: -1,
    open: false,
    metric: 'times',
    filter: '',
    direction: 'both',
    verdicts: new Set(),
    sort: 'order',
    descending: false,
    ...initial,
  };
  let shown = rowsShown(data, state);
  const listeners: ((state: State, before: State) => void)[] = [];
  return {
    data,
    state: () => state,
    shown: () => shown,
    update: (change) => {
      const before = state;
      state = { ...state, ...change };
      if (LISTING.some((key) => state[key] !== before[key])) shown = rowsShown(data, state);
      for (const listener of listeners) listener(state, before);
    },
    subscribe: (listener) => listeners.push(listener),
  };
}

/** What decides which rows are listed, and how. */
const LISTING = ['filter', 'direction', 'verdicts', 'sort', 'descending'] as const;

/** True where the rows listed, or their order, may have changed. */
export function listingChanged(a: State, b: State): boolean {
  return LISTING.some((key) => a[key] !== b[key]);
}

const VERDICT_RANK: readonly Verdict[] = ['mismatch', 'incomparable', 'unseen', 'vacuous', 'match'];

function rowsShown(data: PageData, state: State): readonly number[] {
  const filter: Filter = parseFilter(state.filter);
  const passing = data.rows
    .map((_, i) => i)
    .filter((i) => {
      const row = data.rows[i] as PageRow;
      if (state.direction !== 'both' && row.direction !== state.direction) return false;
      return (state.verdicts.size === 0 || state.verdicts.has(row.verdict)) && filter(row);
    });
  if (state.sort === 'order') return state.descending ? passing.toReversed() : passing;
  const key = sortKey(state.sort);
  const sign = state.descending ? -1 : 1;
  return passing.toSorted(
    (a, b) => sign * compare(key(data.rows[a] as PageRow), key(data.rows[b] as PageRow)) || a - b,
  );
}

function sortKey(sort: SortKey): (row: PageRow) => number | string {
  if (sort === 'layer' || sort === 'tensor') return (row) => row[sort];
  if (sort === 'verdict') return (row) => VERDICT_RANK.indexOf(row.verdict);
  if (sort === 'excluded') return (row) => row.excluded;
  if (sort === 'introduced') return (row) => size(row.times);
  return (row) => size(row.chained?.relL2 ?? null);
}

/** NaN above infinity above every number; nothing measured below all. */
function size(x: number | string | null): number {
  if (x === null) return -1;
  const value = Number(x);
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : Math.min(value, Number.MAX_VALUE);
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b, 'en', { numeric: true });
  return a < b ? -1 : a > b ? 1 : 0;
}
