import { check, type CheckOptions } from './check.ts';
import type { Reference, Subject } from './types/adapter.ts';
import type { Report } from './types/report.ts';

export async function checkAll(
  subject: Subject,
  references: readonly Reference[],
  options: CheckOptions,
): Promise<Report> {
  return check(subject, references[0] as Reference, options);
}
