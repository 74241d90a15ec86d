// oxlint-disable oxc/no-this-in-exported-function -- expect binds its matchers
import { check } from '../harness/check.ts';
import type { Report } from '../harness/types/report.ts';
import { renderTerminal } from '../reports/index.ts';
import { checkOptions, type MatchOptions } from './options.ts';
import { type ExpectedReference, subjectFrom, withReference } from './sides.ts';
import type { MatcherContext, MatcherResult } from './types.ts';

/**
 * Passes where every compared tensor, forward and backward, is what the reference computes. The message is the terminal's report.
 * What is inconclusive meets neither `expect(…)` nor `expect(…).not`: nothing was proven.
 * @throws LayerdiffError where nothing can be compared (a bad file, an input missing)
 */
export async function toMatchReference(
  this: MatcherContext,
  received: unknown,
  expected: ExpectedReference,
  options: MatchOptions = {},
): Promise<MatcherResult> {
  const report = await reportOf(received, expected, options);
  const pass = this?.isNot === true ? report.outcome !== 'mismatch' : report.outcome === 'match';
  return { pass, message: () => messageOf(report, options) };
}

/** Compares the two; a subject that was given open stays so. */
export async function reportOf(received: unknown, expected: ExpectedReference, options: MatchOptions): Promise<Report> {
  const settings = checkOptions(options);
  const subject = subjectFrom(received);
  try {
    const inputs = settings.inputs ?? new Map();
    return await withReference(expected, subject, inputs, (reference) => check(subject, reference, settings));
  } finally {
    if (subject !== received) await subject.release();
  }
}

/** The verdict in words, as the terminal shows it. */
export const messageOf = (report: Report, { layers = false }: MatchOptions): string =>
  renderTerminal(report, { layers }).trimEnd();
