import type { Report } from '../../harness/types/report.ts';
import { countsOf, countsText, DIRECTIONS, unseenWithoutRow } from '../shared/facts.ts';
import { byteSize, duration } from '../shared/number.ts';
import { nameText, proseText, visible } from '../shared/text.ts';
import { votesText } from '../shared/votes.ts';
import { field, type Paint } from './style.ts';

/** How much was proven, what was not seen or assumed, the command that gives it again, and what it took. */
export function closing(report: Report, paint: Paint, width: number): string[] {
  const { seconds, peakBytes } = report.timing;
  const each = DIRECTIONS.map((direction) => ({ direction, counts: countsOf(report, direction) }))
    .filter(({ counts }) => counts.compared > 0)
    .map(({ direction, counts }) => `${direction} ${counts.match} of ${counts.compared}`);
  const lines = [
    paint('bold', countsText(countsOf(report))) + (each.length ? paint('dim', `  (${each.join(', ')})`) : ''),
  ];
  lines.push(...unseenLines(report, width));
  for (const vote of votesText(report)) lines.push(...field('vote', vote, width));
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
