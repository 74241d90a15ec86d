import type { Report } from '../../harness/types/report.ts';
import { causesOf, countsOf, ICONS, layerText, sitesOf } from '../shared/facts.ts';
import { duration, grouped, plural } from '../shared/number.ts';
import { NAME_LIMIT, shorten, visible } from '../shared/text.ts';
import { OUTCOME_STYLE, resolve, table, type TerminalOptions } from './style.ts';

const ICON = { match: ICONS.match, mismatch: ICONS.mismatch, inconclusive: '?' } as const;

/**
 * One table for many subjects of one reference: outcome, tensors that match, first wrong layer, cause; then a line of totals.
 * Names take what is left of the width.
 */
export function summaryTable(reports: readonly Report[], options: TerminalOptions = {}): string {
  const { paint, width, whole } = resolve(options);
  const room = whole ? NAME_LIMIT : Math.max(12, Math.floor((width - 36) / 3));
  const column = (title: string, cell: (report: Report) => string) => ({ title, cells: reports.map(cell) });
  const columns = [
    {
      ...column('outcome', (r) => `${ICON[r.outcome]} ${r.outcome}`),
      style: (row: number) => OUTCOME_STYLE[(reports[row] as Report).outcome],
    },
    column('subject', (r) => shorten(visible(r.subject.name), room)),
    column('match', (r) => `${countsOf(r).match}/${countsOf(r).compared}`),
    column('first wrong layer', (r) => shorten(firstText(r), room + 4)),
    column('cause', (r) => shorten(causeText(r), room)),
  ];
  return `${[...table(columns, paint), '', paint('bold', totals(reports))].join('\n')}\n`;
}

/** `3 subjects: 1 match, 2 mismatch` */
export function totals(reports: readonly Report[]): string {
  const outcomes = ['match', 'mismatch', 'inconclusive'] as const;
  const parts = outcomes
    .map((outcome) => [outcome, reports.filter((report) => report.outcome === outcome).length] as const)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${grouped(count)} ${outcome}`);
  return [plural(reports.length, 'subject'), ...(parts.length ? [parts.join(', ')] : [])].join(': ');
}

export interface Progress {
  /** What is being done: `reference`, `oracle`, `compare`. */
  readonly stage: string;
  readonly done: number;
  /** 0 where it is not known. */
  readonly total: number;
  /** What is in hand: a layer or a tensor. */
  readonly item: string;
  readonly seconds: number;
}

/** One line for standard error, never wider than `width`: `oracle  [#####---------------] 12/48  conv2  0.4 s`. */
export function progressLine(progress: Progress, width = 80): string {
  const { stage, done, total, item, seconds } = progress;
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
  const filled = Math.round(share * BAR);
  const bar = total > 0 ? `[${'#'.repeat(filled)}${'-'.repeat(BAR - filled)}] ${done}/${total}` : String(done);
  const head = `${visible(stage).padEnd(9)} ${bar}  `;
  const tail = `  ${duration(seconds)}`;
  return shorten(`${head}${shorten(visible(item), Math.max(1, width - head.length - tail.length))}${tail}`, width);
}
const BAR = 20;

function firstText(report: Report): string {
  const [site] = sitesOf(report);
  return site === undefined ? '' : `${layerText(site)}, ${site.direction}`;
}

function causeText(report: Report): string {
  const [site] = sitesOf(report);
  if (site === undefined) return '';
  if (site.cause !== null) return visible(site.cause.id);
  const [best] = causesOf(site);
  return best === undefined ? 'unknown' : `maybe ${visible(best.id)}`;
}
