import { readFileSync } from 'node:fs';
import { LayerdiffError } from '../harness/errors.ts';
import { REFERENCE_ONLY } from '../harness/mapping.ts';

/** A mapping file's content. */
export interface Mapping {
  /** The subject's names to the reference's. */
  readonly pairs: ReadonlyMap<string, string>;
  /** The subject's names of which it says that they have no partner. */
  readonly apart: ReadonlySet<string>;
}

const FORM = 'Write {"mine": "theirs"}; null for what has no partner.';

/**
 * Reads a mapping file {"mine": "theirs"}, as a person or `--save-map` wrote it: `{"mine": {"theirs": "name", "way": …}}`, and null for what has no
 * partner. Throws E_FILE where it cannot be read, E_OPTION where it is something else.
 */
export function readMap(path: string): Mapping {
  const pairs = new Map<string, string>();
  const apart = new Set<string>();
  for (const [mine, said] of Object.entries(objectIn(path))) {
    const theirs = typeof said === 'object' && said !== null ? (said as { theirs?: unknown }).theirs : said;
    if (typeof theirs === 'string') pairs.set(mine, theirs);
    else if (said === null) apart.add(mine);
    else if (mine !== REFERENCE_ONLY || !Array.isArray(said))
      throw new LayerdiffError('E_OPTION', `${path}, "${mine}"`, 'a mapping leads from name to name', FORM);
  }
  return { pairs, apart };
}

function objectIn(path: string): object {
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = `the mapping cannot be read: ${(error as Error).message}`;
    throw new LayerdiffError('E_FILE', path, reason, 'Give a JSON file {"mine": "theirs"}.');
  }
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found;
  throw new LayerdiffError('E_OPTION', path, 'a mapping is an object of strings', FORM);
}
