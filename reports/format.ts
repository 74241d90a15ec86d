import type { Report } from '../harness/types/report.ts';

/** One way in which a result goes out: a pure function from the report's data to text. */
export interface Format {
  /** What `--report` takes. */
  readonly id: string;
  /** Of the file it is written to, without the leading dot. */
  readonly extension: string;
  /** Deterministic: the same report gives the same bytes. Never throws on a valid report, whatever its names hold. */
  render(report: Report): string;
}
