import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const MOST_LINES = 250;

/** Every source that a person reads and edits; generated files are no sources. */
function sources(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory())
      return name === 'generated' || path === 'reports/out' ? [] : sources(path);
    return name.endsWith('.ts') && name !== '_list.ts' ? [path] : [];
  });
}

const tooLong = (files: readonly { path: string; lines: number }[]): readonly string[] =>
  files.filter(({ lines }) => lines > MOST_LINES).map(({ path, lines }) => `${path} has ${lines} lines`);

describe('a source file', () => {
  it(`fits in ${MOST_LINES} lines`, () => {
    const files = ['harness', 'adapters', 'reports', 'matchers', 'models', 'cli'].flatMap(sources);
    expect(files.length).toBeGreaterThan(100);
    expect(
      tooLong(files.map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n').length - 1 }))),
    ).toEqual([]);
  });

  it('would be told, if it did not', () => {
    expect(
      tooLong([
        { path: 'a.ts', lines: 251 },
        { path: 'b.ts', lines: 250 },
      ]),
    ).toEqual(['a.ts has 251 lines']);
  });
});
