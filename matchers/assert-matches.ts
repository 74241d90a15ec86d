import { AssertionError } from 'node:assert';
import type { Report } from '../harness/types/report.ts';
import type { MatchOptions } from './options.ts';
import type { ExpectedReference, ReceivedSubject } from './sides.ts';
import { messageOf, reportOf } from './to-match-reference.ts';

/**
 * For node:test and any other runner: gives the report back where the subject matches the reference, and throws an AssertionError whose
 * message is the verdict (and whose `report` is the report) where it does not, or where nothing was proven.
 * @throws LayerdiffError where nothing can be compared (a bad file, an input missing)
 */
export async function assertMatches(
  subject: ReceivedSubject,
  reference: ExpectedReference,
  options: MatchOptions = {},
): Promise<Report> {
  const report = await reportOf(subject, reference, options);
  if (report.outcome === 'match') return report;
  const message = messageOf(report, options);
  const error = new AssertionError({ message, actual: report.outcome, expected: 'match', operator: 'assertMatches' });
  throw Object.assign(error, { report });
}
