import type { Measures } from '../../../harness/types/report.ts';
import { element, grouped, indexText, numberOf, percent, short } from '../../shared/number.ts';
import type { PageRow } from '../pack.ts';
import { h } from './dom.ts';

/** What is told of an error, and how it is read. */
const LINES: readonly (readonly [label: string, read: (m: Measures) => string])[] = [
  ['root mean square', (m) => short(numberOf(m.rms))],
  ['largest', (m) => short(numberOf(m.maxAbs))],
  ['relative error', (m) => percentText(m.relL2)],
  ['cosine', (m) => (m.cosine === null ? '–' : String(m.cosine))],
  ['ulp, 99th percentile', (m) => short(numberOf(m.ulpP99))],
  ['elements off', (m) => `${grouped(m.mismatched)} of ${grouped(m.elements)}`],
  ['NaN or ∞ on one side', (m) => grouped(m.nonFinite)],
];

/** All measures, of the layer by itself and since the input, and what was allowed. */
export function measuresTable(row: PageRow): (HTMLElement | null)[] {
  const { local, chained } = row;
  if (local === null && chained === null) return [];
  const times = [row.times, row.timesChained].map((x) => (x === null ? '–' : short(Number(x))));
  const lines = LINES.map(([label, read]) =>
    line(
      label,
      [local, chained].map((m) => (m === null ? '–' : read(m))),
    ),
  );
  const heads = ['introduced', 'since input'].map((text) => h('th', { scope: 'col' }, text));
  return [
    h('h3', {}, 'How far off'),
    h(
      'table',
      { class: 'measures' },
      h('thead', {}, h('tr', {}, h('td'), ...heads)),
      h('tbody', {}, line('× allowed', times, 'times'), ...lines),
    ),
    allowedText(row),
  ];
}

function line(label: string, cells: readonly string[], kind?: string): HTMLElement {
  return h('tr', { class: kind }, h('th', { scope: 'row' }, label), ...cells.map((text) => h('td', {}, text)));
}

function allowedText({ allowed, excluded }: PageRow): HTMLElement | null {
  if (allowed === null) return null;
  const left = excluded > 0 ? ` ${grouped(excluded)} elements at a kink or a tie were left out.` : '';
  const amount = h('b', {}, `Allowed ${short(numberOf(allowed.rms))} `);
  return h('p', { class: 'because' }, amount, `${allowed.because}.${left}`);
}

function percentText(x: number | string): string {
  const value = Number(x);
  return Number.isFinite(value) && value >= 1e-5 ? percent(value) : short(value);
}

/** The elements that differ most, on all three sides. */
export function worstTable(row: PageRow): (HTMLElement | null)[] {
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
