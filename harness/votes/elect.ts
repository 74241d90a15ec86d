import { nonEmpty } from './labels.ts';
import type { Dispute, Outcome, Report, Vote } from '../types/report.ts';

/** So many disputes are told in the notes; all are in the report. */
const MOST_TOLD = 5;

/**
 * The report of a reference that the oracle confirms, with every vote. Of references that it confirms equally, one that could not compare abstains;
 * where one says match and another mismatch, nothing is proven.
 *
 * @param reports one a reference, in their order, and how each is called
 */
export function elect(reports: readonly Report[], labels: readonly string[], disputes: readonly Dispute[]): Report {
  const against = labels.map((label) => disputes.filter((d) => isAgainst(d, label)).length);
  const least = Math.min(...against);
  const candidates = reports.filter((_, i) => against[i] === least);
  const said = candidates.filter(({ outcome }) => outcome !== 'inconclusive');
  const base = nonEmpty(said.length > 0 ? said : candidates);
  const divided = said.some(({ outcome }) => outcome !== base.outcome);
  const outcome: Outcome = divided ? 'inconclusive' : base.outcome;
  const votes = reports.map(
    (report, i): Vote => ({ reference: report.reference, outcome: report.outcome, confirmed: against[i] === 0 }),
  );
  const notes = [...(divided ? [dividedNote(reports, labels)] : []), ...disputeNotes(disputes), ...base.notes];
  return { ...base, outcome, votes: { references: votes, disputes }, notes };
}

const isAgainst = ({ between, sides }: Dispute, label: string): boolean =>
  sides !== null && sides !== label && between.includes(label);

function dividedNote(reports: readonly Report[], labels: readonly string[]): string {
  const each = reports.map(({ outcome }, i) => `${outcome} against ${labels[i]}`).join(', ');
  return `Inconclusive: the references are divided (${each}), and the oracle confirms them equally. This report is of the first of them.`;
}

function disputeNotes(disputes: readonly Dispute[]): readonly string[] {
  const told = disputes.slice(0, MOST_TOLD).map(({ tensor, direction, between, sides, because }) => {
    const decided =
      sides === null ? `the oracle cannot decide: ${because}` : `the oracle sides with ${sides} (${because})`;
    return `References disagree on ${tensor} (${direction}), ${between.join(' and ')}: ${decided}.`;
  });
  const more = disputes.length - told.length;
  return more > 0 ? [...told, `References disagree on ${more} more tensors.`] : told;
}
