import type { Report, Site } from '../../harness/types/report.ts';
import type { Mutant } from './_mutant.ts';

/** What a report says of one mutant. */
export interface Score {
  /** The wrong tensor is said to be wrong, in its direction. */
  readonly located: boolean;
  /** named: by its cause. tie: another cause that meets the numbers as well comes first. unknown: no cause. misnamed: only wrong ones. */
  readonly naming: 'named' | 'tie' | 'unknown' | 'misnamed' | 'not located';
  /** The cause that the report gives first. */
  readonly cause: string | null;
  /** Other tensors that are said to be wrong, and not as a consequence of this bug. */
  readonly accused: readonly string[];
}

/** Holds a report against what is known of the mutant. */
export function scoreOf(
  { tensor, direction, cause }: Pick<Mutant, 'tensor' | 'direction' | 'cause'>,
  report: Report,
): Score {
  const site = report[direction].faulty.find((each) => each.tensor === tensor);
  const others = [...report.forward.faulty, ...report.backward.faulty].filter((each) => each !== site);
  return {
    located: site !== undefined,
    naming: namingOf(cause, site),
    cause: site?.cause?.id ?? null,
    accused: others.filter((each) => each.cause?.id !== cause).map((each) => `${each.tensor} (${each.direction})`),
  };
}

function namingOf(cause: string, site: Site | undefined): Score['naming'] {
  if (site === undefined) return 'not located';
  if (site.cause === null) return 'unknown';
  if (site.cause.id === cause) return 'named';
  return site.candidates.some(({ id }) => id === cause) ? 'tie' : 'misnamed';
}
