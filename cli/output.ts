import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { LayerdiffError } from '../harness/errors.ts';
import { closest } from '../harness/closest.ts';
import type { Report } from '../harness/types/report.ts';
import { formats, type Format } from '../reports/index.ts';

/** Where files go unless `--out` says otherwise. */
export const DEFAULT_OUT = join('reports', 'out');

/** The formats of these names. Throws E_OPTION with the known ones. */
export function formatsOf(names: readonly string[]): readonly Format[] {
  return names.map((name) => {
    const format = formats.find(({ id }) => id === name);
    if (format !== undefined) return format;
    const known = formats.map(({ id }) => id);
    const near = closest(name, known);
    const remedy = near === null ? `Choose from ${known.join(', ')}.` : `Did you mean "${near}"?`;
    throw new LayerdiffError('E_OPTION', `--report ${name}`, 'there is no such format', remedy);
  });
}

/**
 * A name for each subject's files: its file name without its ending; where two would collide, its folder and file name; where these do too
 * (a trace in two formats), a number more. No two are the same, so no report is written over another.
 */
export function outputNames(subjects: readonly string[]): readonly string[] {
  const short = subjects.map((path) => basename(path).replace(/\.[^.]+$/, ''));
  const isAlone = (name: string): boolean => short.filter((other) => other === name).length === 1;
  const taken = new Set(short.filter(isAlone));
  return short.map((name, i) => {
    if (isAlone(name)) return name;
    const long = `${basename(dirname(resolve(subjects[i] as string)))}-${name}`;
    let free = long;
    for (let n = 2; taken.has(free); n++) free = `${long}-${n}`;
    taken.add(free);
    return free;
  });
}

/** Writes one report in every format, and returns the paths. Throws E_FILE where the folder cannot be written. */
export function writeReports(report: Report, name: string, chosen: readonly Format[], out: string): readonly string[] {
  return chosen.map((format) => {
    const path = join(out, `${name}.${format.extension}`);
    try {
      makeFolder(out);
      writeFileSync(path, format.render(report));
    } catch (error) {
      throw new LayerdiffError(
        'E_FILE',
        path,
        `it cannot be written (${(error as NodeJS.ErrnoException).code})`,
        'Choose another folder with --out.',
      );
    }
    return path;
  });
}

/** Makes a folder and those above it. Not `recursive`: that never returns where the system refuses with ENOENT, as below /proc. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const above = dirname(resolve(path));
  if (above !== resolve(path)) makeFolder(above);
  mkdirSync(path);
}
