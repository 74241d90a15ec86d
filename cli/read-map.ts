import { readFileSync } from 'node:fs';
import { LayerdiffError } from '../harness/errors.ts';

/** Reads a mapping file {"mine": "theirs"}. Throws E_FILE where it cannot be read, E_OPTION where it is something else. */
export function readMap(path: string): Readonly<Record<string, string>> {
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new LayerdiffError(
      'E_FILE',
      path,
      `the mapping cannot be read: ${(error as Error).message}`,
      'Give a JSON file {"mine": "theirs"}.',
    );
  }
  const valid =
    typeof found === 'object' &&
    found !== null &&
    !Array.isArray(found) &&
    Object.values(found).every((v) => typeof v === 'string');
  if (valid) return found as Record<string, string>;
  throw new LayerdiffError('E_OPTION', path, 'a mapping is an object of strings', 'Write {"mine": "theirs"}.');
}
