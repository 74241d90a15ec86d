import type { Report } from '../harness/types/report.ts';
import type { Format } from './format.ts';
import {
  causesOf,
  distance,
  doubtsOf,
  headline,
  keyOf,
  layerText,
  rowIndex,
  sitesOf,
  subjectOf,
} from './shared/facts.ts';
import { nameText, proseText, visible } from './shared/text.ts';
import { renderMarkdown } from './markdown.ts';

/** Annotations for a GitHub workflow: to be printed to standard output. {@link stepSummary} is for `$GITHUB_STEP_SUMMARY`. */
export const github: Format = { id: 'github', extension: 'github.txt', render: (report) => annotations(report) };

/** GitHub shows ten of a kind a step; what is beyond is in the summary. */
const SHOWN = 10;

/** The page that a workflow's run shows. */
export function stepSummary(report: Report): string {
  return renderMarkdown(report);
}

function annotations(report: Report): string {
  const subject = nameText(report.subject.name);
  const head = headline(report);
  const doubts = doubtsOf(report)
    .map((note) => line('warning', `layerdiff: ${subject}`, proseText(note)))
    .join('');
  if (report.outcome === 'match') return line('notice', `layerdiff: ${subject}`, head) + doubts;
  const level = report.outcome === 'mismatch' ? 'error' : 'warning';
  const rows = rowIndex(report);
  const sites = sitesOf(report);
  const each = sites.map((site) => {
    const row = rows.get(keyOf(site));
    const [cause] = causesOf(site);
    const why = cause ? `\n${cause === site.cause ? '' : 'maybe '}${visible(cause.id)}: ${proseText(cause.claim)}` : '';
    const fix = cause && cause.fix !== '' ? `\nfix: ${proseText(cause.fix)}` : '';
    const allowed = row?.allowed ? `\nallowed: ${proseText(row.allowed.because)}` : '';
    const body = `${subjectOf(site)}: ${row ? distance(row) : 'not measured'}${allowed}${why}${fix}`;
    return line('error', `${subject}: ${layerText(site)}, ${site.direction}`, body);
  });
  const more =
    sites.length > SHOWN - 1
      ? line('notice', 'layerdiff', `${sites.length} faults; GitHub shows the first ${SHOWN}`)
      : '';
  return (
    line(level, `layerdiff: ${subject}`, `${head}\nrerun: ${visible(report.rerun)}`) + each.join('') + more + doubts
  );
}

/** One workflow command. A new line, which would start another command, and the separators of properties are escaped. */
function line(level: 'error' | 'warning' | 'notice', title: string, message: string): string {
  return `::${level} title=${property(title)}::${data(message)}\n`;
}

function data(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function property(text: string): string {
  return data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
