import type { Command } from 'commander';
import { LayerdiffError } from '../../harness/errors.ts';
import type { Report } from '../../harness/types/report.ts';
import { json, renderTerminal, summaryTable } from '../../reports/index.ts';
import { type CheckFlags, checkOptions, merged, withOptions } from '../check/flags.ts';
import { checkOne } from '../check/one.ts';
import { referencesOf } from '../check/references.ts';
import { type Config, loadConfig } from '../config.ts';
import { DEFAULT_OUT, formatsOf, outputNames, writeReports } from '../output.ts';
import { paint } from '../paint.ts';
import type { ExitCode } from '../run.ts';
import { columns } from '../width.ts';
import type { AddCommand } from './index.ts';

/** `layerdiff check`: the main job. */
export const addCheck: AddCommand = (program: Command, done) => {
  const command = program
    .command('check')
    .description(
      'compare one or many subjects with a reference, forward and backward (without a subject: as layerdiff.config.ts says)',
    )
    .argument(
      '[subject...]',
      'trace (.safetensors, .npz), module (.ts, .js, .mjs) that exports a network, or model (.onnx, model.json) to be run',
    );
  withOptions(command).action(async (subjects: string[], flags: CheckFlags) => {
    const config = subjects.length > 0 ? {} : await loadConfig(process.cwd());
    done(await check(subjects, merged(flags, config), config, program.opts().debug === true));
  });
};

async function check(paths: readonly string[], flags: CheckFlags, config: Config, debug: boolean): Promise<ExitCode> {
  const subjects = paths.length > 0 ? paths : subjectsOf(config);
  const many = subjects.length > 1;
  if (many && flags.saveMap !== undefined) throw oneMapOnly(flags.saveMap);
  const formats = formatsOf(flags.report ?? ['terminal']);
  const names = outputNames(subjects.map((subject, i) => (typeof subject === 'string' ? subject : `subject-${i + 1}`)));
  const options = await checkOptions(flags);
  const references = referencesOf(namedReferences(subjects, flags));
  const reports: (Report | null)[] = [];
  try {
    if (many) await references.open();
    for (const [i, subject] of subjects.entries()) {
      const report = await checkOne(subject, { references, flags, options, many, debug });
      reports.push(report);
      if (report === null) continue;
      const written = formats.filter(({ id }) => id !== 'terminal' && id !== 'github');
      const files = writeReports(report, names[i] as string, written, flags.out ?? DEFAULT_OUT);
      const ids = formats.map(({ id }) => id);
      if (flags.json !== true) show(report, files, ids, flags, many);
    }
  } finally {
    await references.release();
  }
  finish(reports, names, flags);
  return exitCode(reports);
}

/** Those given; for a model that is to be run by another build, by default the same model, run by the pinned one. */
function namedReferences(subjects: readonly (string | object)[], { reference = [] }: CheckFlags) {
  if (reference.length > 0) return reference;
  const [only] = subjects;
  if (subjects.length === 1 && typeof only === 'string' && /\.onnx$/i.test(only)) return [only];
  const remedy = 'Name a model (.onnx, model.json) with --reference.';
  throw new LayerdiffError('E_OPTION', '--reference', 'no reference was given', remedy);
}

function show(
  report: Report,
  files: readonly string[],
  formats: readonly string[],
  flags: CheckFlags,
  many: boolean,
): void {
  const text = renderTerminal(report, { paint, layers: flags.layers === true, ...columns() });
  if (formats.includes('github')) process.stdout.write(formatsOf(['github'])[0]?.render(report) ?? '');
  if (!many) process.stdout.write(formats.includes('terminal') || flags.layers ? text : `${text.split('\n')[0]}\n`);
  for (const file of files) process.stdout.write(`  wrote ${file}\n`);
}

function finish(reports: readonly (Report | null)[], names: readonly string[], flags: CheckFlags): void {
  const made = reports.filter((report) => report !== null);
  if (flags.json === true) {
    const text =
      reports.length === 1
        ? made.map(json.render).join('')
        : `[${made.map((r) => json.render(r).trimEnd()).join(',\n')}]\n`;
    process.stdout.write(text);
  } else if (reports.length > 1) {
    // Traces are often all called alike: in the table each has the name of its files.
    const named = reports.flatMap((report, i) =>
      report === null ? [] : [{ ...report, subject: { ...report.subject, name: names[i] as string } }],
    );
    process.stdout.write(summaryTable(named, { paint, ...columns() }));
  }
}

function exitCode(reports: readonly (Report | null)[]): ExitCode {
  if (reports.some((report) => report?.outcome === 'mismatch')) return 1;
  return reports.every((report) => report?.outcome === 'match') ? 0 : 2;
}

function subjectsOf({ subject }: Config): readonly (string | object)[] {
  const subjects = Array.isArray(subject) ? subject : subject === undefined ? [] : [subject];
  if (subjects.length > 0) return subjects as readonly (string | object)[];
  throw new LayerdiffError(
    'E_OPTION',
    'layerdiff.config',
    'it names no subject',
    'Add subject: "./my-network.ts" or a trace.',
  );
}

const oneMapOnly = (path: string): LayerdiffError =>
  new LayerdiffError(
    'E_OPTION',
    `--save-map ${path}`,
    'there are several subjects, and a map is of one',
    'Check one at a time.',
  );
