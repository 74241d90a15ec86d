import type { Report, Site, TensorReport } from '../harness/types/report.ts';
import type { Format } from './format.ts';
import {
  causesOf,
  countsOf,
  countsText,
  distance,
  ICONS,
  keyOf,
  layerText,
  PLACE_TITLES,
  PLACES,
  rowIndex,
  type SiteRow,
  sitesOf,
  unseenWithoutRow,
  whereText,
} from './shared/facts.ts';
import { duration, numberOf, plural, shapeText, share, short } from './shared/number.ts';
import { nameText, proseText, visible } from './shared/text.ts';
import { votesText } from './shared/votes.ts';

/** For comments on a pull request, and summaries of a workflow. */
export const markdown: Format = { id: 'markdown', extension: 'md', render: (report) => renderMarkdown(report) };

const OUTCOME_ICON = { match: '✅', mismatch: '❌', inconclusive: '❔' } as const;
/** Rows of the table of what does not match: a comment holds 65,536 characters. */
const MAX_ROWS = 100;

/** The report as GitHub-flavoured Markdown. Names are in code spans, where nothing of them is interpreted. */
export function renderMarkdown(report: Report): string {
  const blocks = [
    `## ${OUTCOME_ICON[report.outcome]} ${report.outcome}: ${prose(whereText(report))}`,
    `${code(report.subject.name)} (${prose(report.subject.kind)}) against ${code(report.reference.name)} (${prose(report.reference.kind)} ${prose(report.reference.version)}). ${countsText(countsOf(report))}.`,
    votesText(report)
      .map((vote) => `- ${prose(vote)}`)
      .join('\n'),
    ...PLACES.flatMap((direction) => findings(report, direction)),
    ...notMatching(report),
    ...unseen(report),
    ...(report.notes.length ? ['### Notes', report.notes.map((note) => `- ${prose(note)}`).join('\n')] : []),
    report.rerun === '' ? '' : `Again: ${fullCode(report.rerun)} (took ${duration(report.timing.seconds.total)})`,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function findings(report: Report, direction: Site['direction']): string[] {
  const sites = sitesOf(report).filter((site) => site.direction === direction);
  const rows = rowIndex(report);
  if (sites.length === 0) return [];
  const title = `### ${PLACE_TITLES[direction]}: ${plural(sites.length, 'fault')}`;
  return [title, sites.map((site) => siteItem(site, rows.get(keyOf(site)))).join('\n')];
}

function siteItem(site: Site, row: SiteRow | undefined): string {
  const what = { forward: 'output', backward: 'gradient of', update: 'update of' }[site.direction];
  const far = row === undefined ? 'not measured' : distance(row);
  const lines = [`- **${prose(layerText(site))}**, ${what} ${code(site.tensor)}: ${prose(far)}`];
  if (row?.allowed) lines.push(`  - allowed: ${prose(row.allowed.because)}`);
  for (const cause of causesOf(site)) {
    const explained = cause === site.cause ? ` (explains ${share(cause.explains)})` : '';
    lines.push(`  - ${cause === site.cause ? 'cause' : 'maybe'} ${code(cause.id)}: ${prose(cause.claim)}${explained}`);
    if (cause.fix !== '') lines.push(`  - fix: ${prose(cause.fix)}`);
    for (const evidence of cause.evidence) lines.push(`  - evidence: ${prose(evidence)}`);
  }
  if (site.search !== undefined) lines.push(`  - no cause is known: ${prose(site.search)}`);
  return lines.join('\n');
}

function notMatching(report: Report): string[] {
  const rows = report.tensors.filter((row) => row.verdict !== 'match');
  if (rows.length === 0) return [];
  const more = rows.length > MAX_ROWS ? [`… and ${rows.length - MAX_ROWS} more.`] : [];
  const head = '| verdict | | layer | tensor | shape | off by | chained |\n|---|---|---|---|---|---|---|';
  const table = [head, ...rows.slice(0, MAX_ROWS).map(tableRow)].join('\n');
  return [
    `<details><summary>${plural(rows.length, 'tensor')} not proven to match</summary>`,
    table,
    ...more,
    '</details>',
  ];
}

function tableRow(row: TensorReport): string {
  const chained = row.chained === null ? '–' : short(numberOf(row.chained.relL2), 2);
  const cells = [
    `${ICONS[row.verdict]} ${row.verdict}`,
    row.direction,
    `${code(row.layer)} ${prose(row.op)}`,
    code(row.tensor),
    shapeText(row.shape),
    prose(distance(row)),
    chained,
  ];
  // A table's cell ends at a bar even inside a code span.
  return `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
}

function unseen(report: Report): string[] {
  const list = unseenWithoutRow(report);
  if (list.length === 0) return [];
  const shown = list.slice(0, MAX_ROWS).map((u) => `${code(u.tensor)} (not in the ${u.missing})`);
  const more = list.length > MAX_ROWS ? `, and ${list.length - MAX_ROWS} more` : '';
  return ['### Unseen', `${shown.join(', ')}${more}`];
}

function code(name: string): string {
  return fence(nameText(name));
}

function fullCode(text: string): string {
  return fence(visible(text));
}

/** A code span whose fence is longer than any run of backticks within. */
function fence(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const ticks = '`'.repeat(longest + 1);
  const pad = text.startsWith('`') || text.endsWith('`') || text === '' ? ' ' : '';
  return `${ticks}${pad}${text}${pad}${ticks}`;
}

/** Prose with everything that Markdown, HTML or a mention would interpret made literal. */
function prose(text: string): string {
  return proseText(text)
    .replace(/[\\`*_{}[\]<>#|~&]/g, (c) => (c === '<' ? '&lt;' : c === '>' ? '&gt;' : c === '&' ? '&amp;' : `\\${c}`))
    .replace(/@(?=\w)/g, '@\u200b')
    .replace(/(https?):\/\//g, '$1&#58;//');
}
