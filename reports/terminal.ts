import type { Report, Site, TensorReport } from '../harness/types/report.ts';
import type { Direction } from '../harness/types/trace.ts';
import type { Format } from './format.ts';
import {
  causesOf,
  countsOf,
  countsText,
  DIRECTIONS,
  distance,
  headline,
  keyOf,
  layerText,
  rowIndex,
  sitesOf,
  subjectOf,
  unknownCause,
  unseenWithoutRow,
} from './shared/facts.ts';
import { byteSize, duration, plural, share } from './shared/number.ts';
import { nameText, proseText, visible } from './shared/text.ts';
import { layerTable } from './terminal/layers.ts';
import { field, OUTCOME_STYLE, type Paint, resolve, type Style, type TerminalOptions } from './terminal/style.ts';

/** For people: the verdict at once, then why. */
export const terminal: Format = {
  id: 'terminal',
  extension: 'txt',
  render: (report) => renderTerminal(report),
};

/** Sites told in full; the others get a line each. */
const TOLD_IN_FULL = 12;
const OUTCOME_ICON = { match: '✓', mismatch: '✗', inconclusive: '?' } as const;

/**
 * The report as text for a terminal, ending in a new line.
 * @param options `layers`: one line a tensor as well; `paint`: colours (none unless given: the caller knows NO_COLOR and the TTY);
 *   `width`: columns to fit in (100 unless given; tables never break, prose wraps)
 */
export function renderTerminal(report: Report, options: TerminalOptions = {}): string {
  const { paint, width, layers } = resolve(options);
  const first = `${OUTCOME_ICON[report.outcome]} ${headline(report)}`;
  const blocks = [
    [paint('bold', paint(OUTCOME_STYLE[report.outcome], first)), paint('dim', `  ${sidesText(report)}`)],
    ...DIRECTIONS.map((direction) => findings(report, direction, paint, width)),
    layers ? layerTable(report, paint, width) : [],
    closing(report, paint, width),
  ];
  const text = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${text.join('\n\n')}\n`;
}

/** `lenet.safetensors (trace by my-net) against lenet.onnx (onnxruntime 1.30.0)` */
export function sidesText({ subject, reference }: Report): string {
  const by = subject.producer === null ? '' : ` by ${nameText(subject.producer)}`;
  const framework = `${nameText(reference.kind)} ${visible(reference.version)}`.trim();
  return `${nameText(subject.name)} (${nameText(subject.kind)}${by}) against ${nameText(reference.name)} (${framework})`;
}

function findings(report: Report, direction: Direction, paint: Paint, width: number): string[] {
  const sites = sitesOf(report).filter((site) => site.direction === direction);
  if (sites.length === 0) return [];
  const order = direction === 'forward' ? 'in order of execution' : 'from the last layer to the first';
  const many = sites.length > 1 ? `, ${order}` : '';
  const title = paint(
    'bold',
    `${direction === 'forward' ? 'Forward' : 'Backward'}: ${plural(sites.length, 'fault')}${many}`,
  );
  const rows = rowIndex(report);
  let because: string | undefined;
  const told = sites.slice(0, TOLD_IN_FULL).flatMap((site) => {
    const row = rows.get(keyOf(site));
    // What was allowed is told once, as long as it was allowed for the same reason.
    const news = row?.allowed?.because === because ? undefined : row?.allowed?.because;
    because = row?.allowed?.because;
    return ['', ...siteLines({ site, row, because: news, unknown: unknownCause(report) }, paint, width)];
  });
  const rest = sites.slice(TOLD_IN_FULL).map((site) => siteLine(site, rows.get(keyOf(site)), paint));
  return [title, ...told.slice(1), ...(rest.length ? ['', ...rest] : [])];
}

interface ToldSite {
  readonly site: Site;
  readonly row: TensorReport | undefined;
  /** Why so much is allowed, where it is news. */
  readonly because: string | undefined;
  readonly unknown: string;
}

function siteLines({ site, row, because, unknown }: ToldSite, paint: Paint, width: number): string[] {
  const add = (label: string, text: string, style?: Style) =>
    lines.push(
      ...field(label, text, width, { indent: 4, ...(style ? { paint: (t: string) => paint(style, t) } : {}) }),
    );
  const lines = [`  ${paint('red', '✗')} ${paint('bold', layerText(site))}  ${paint('dim', subjectOf(site))}`];
  add('off by', row ? distance(row) : 'not measured');
  if (because !== undefined) add('allowed', proseText(because), 'dim');
  for (const cause of causesOf(site)) {
    const proven = cause === site.cause;
    const explained = proven || site.cause ? ` (explains ${share(cause.explains)})` : '';
    add(
      proven ? 'cause' : 'maybe',
      `${visible(cause.id)}: ${proseText(cause.claim)}${explained}`,
      proven ? 'yellow' : undefined,
    );
    // Beside a proven cause the others are named, no more.
    if (!proven && site.cause) continue;
    if (cause.fix !== '') add('fix', proseText(cause.fix), 'green');
    for (const evidence of cause.evidence) add('evidence', proseText(evidence));
  }
  if (causesOf(site).length === 0) add('cause', unknown);
  return lines;
}

function siteLine(site: Site, row: TensorReport | undefined, paint: Paint): string {
  const cause = site.cause ? `; ${visible(site.cause.id)}` : '';
  return `  ${paint('red', '✗')} ${layerText(site)}  ${subjectOf(site)}: ${row ? distance(row) : 'not measured'}${cause}`;
}

function closing(report: Report, paint: Paint, width: number): string[] {
  const { seconds, peakBytes } = report.timing;
  const each = DIRECTIONS.map((direction) => ({ direction, counts: countsOf(report, direction) }))
    .filter(({ counts }) => counts.compared > 0)
    .map(({ direction, counts }) => `${direction} ${counts.match} of ${counts.compared}`);
  const lines = [
    paint('bold', countsText(countsOf(report))) + (each.length ? paint('dim', `  (${each.join(', ')})`) : ''),
  ];
  lines.push(...unseenLines(report, width));
  for (const note of report.notes) lines.push(...field('note', proseText(note), width));
  if (report.rerun !== '') lines.push(`  ${'again'.padEnd(10)}${visible(report.rerun)}`);
  const parts = `reference ${duration(seconds.reference)}, oracle ${duration(seconds.oracle)}, compare ${duration(seconds.compare)}`;
  const memory = peakBytes > 0 ? `; ${byteSize(peakBytes)} at peak` : '';
  return [
    ...lines,
    ...field('took', `${duration(seconds.total)} (${parts})${memory}`, width, { paint: (t) => paint('dim', t) }),
  ];
}

function unseenLines(report: Report, width: number): string[] {
  const unseen = unseenWithoutRow(report);
  return (['subject', 'reference'] as const).flatMap((side) => {
    const names = unseen.filter((u) => u.missing === side).map((u) => nameText(u.tensor));
    if (names.length === 0) return [];
    const shown = names.slice(0, 20).join(', ');
    const more = names.length > 20 ? ` and ${names.length - 20} more` : '';
    return field('unseen', `not in the ${side}: ${shown}${more}`, width);
  });
}
