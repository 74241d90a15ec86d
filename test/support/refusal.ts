import { expect } from '@jest/globals';
import { layerdiff } from './cli.ts';

/** Longest that a refusal may take (ms). */
const PROMPTLY = 10_000;

/** Proves that a command is refused as it should be: exit code 2, one error of code, place, reason and remedy, nothing else, and soon. */
export async function expectRefusal(args: readonly string[], code: string, says: RegExp, cwd: string): Promise<void> {
  const started = Date.now();
  const { status, stdout, stderr } = await layerdiff(args, { cwd });
  expect(stderr).toMatch(says);
  expect(stderr).toMatch(new RegExp(`^error {2}${code} {2}[^\\n]+: [^\\n]+\\. [^\\n]+\\n$`));
  expect(stderr).not.toMatch(/internal|\n\s+at /);
  expect([status, stdout]).toEqual([2, '']);
  expect(Date.now() - started).toBeLessThan(PROMPTLY);
}
