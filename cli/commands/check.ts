import { basename } from 'node:path';
import type { Command } from 'commander';
import type { CheckOptions } from '../../harness/check.ts';
import { isTwin, type TwinRequest } from '../../adapters/network/twin-request.ts';
import { LayerdiffError } from '../../harness/errors.ts';
import { parseAllowance, parseTolerance } from '../../harness/tolerances/index.ts';
import type { Reference, Subject } from '../../harness/types/adapter.ts';
import type { Report } from '../../harness/types/report.ts';
import { json, renderTerminal, summaryTable } from '../../reports/index.ts';
import { type Config, loadConfig } from '../config.ts';
import { processHost } from '../host.ts';
import { loadReferenceOrTwin } from '../load-reference.ts';
import { loadSubject, subjectFrom } from '../load-subject.ts';
import { DEFAULT_OUT, formatsOf, outputNames, writeReports } from '../output.ts';
import { paint } from '../paint.ts';
import { readMap } from '../read-map.ts';
import { rerunCommand } from '../rerun.ts';
import { errorText, type ExitCode } from '../run.ts';
import type { AddCommand } from './index.ts';

interface CheckFlags {
  reference?: string | TwinRequest;
  inputs?: string;
  map?: string;
  loss?: string;
  seed?: string[];
  report?: string[];
  out?: string;
  json?: boolean;
  layers?: boolean;
  once?: boolean;
  tolerance?: string[];
  allowPrecision?: string[];
}

/** `layerdiff check`: the main job. */
export const addCheck: AddCommand = (program: Command, done) => {
  program
    .command('check')
    .description(
      'compare one or many subjects with a reference, forward and backward (without a subject: as layerdiff.config.ts says)',
    )
    .argument('[subject...]', 'trace (.safetensors, .npz) or module (.ts, .js, .mjs) that exports a network')
    .option('-r, --reference <ref>', 'model (.onnx), or module that exports a reference')
    .option('-i, --inputs <file>', 'inputs by the reference’s names (.safetensors, .npz)')
    .option('-m, --map <file>', 'JSON file {"mine": "theirs"}')
    .option('--loss <name>', 'scalar output to differentiate')
    .option('--seed <name...>', 'outputs whose recorded gradients start the backward pass')
    .option(
      '--tolerance <choice...>',
      'exact, calibrated (default), allclose:RTOL,ATOL, ulp:N, cosine:C; or GLOB=CHOICE',
    )
    .option(
      '--allow-precision <glob=reason...>',
      'tensors that may lack precision (a narrower type, fast math), with the reason',
    )
    .option('--report <format...>', 'terminal, json, html, junit, markdown, github')
    .option('-o, --out <dir>', `folder for report files (default: ${DEFAULT_OUT})`)
    .option('--json', 'print the report as JSON, and nothing else')
    .option('--layers', 'one line a layer')
    .option('--once', 'run a network once, without testing whether it is deterministic')
    .action(async (subjects: string[], flags: CheckFlags) => {
      const config = subjects.length > 0 ? {} : await loadConfig(process.cwd());
      done(await check(subjects, merged(flags, config), config, program.opts().debug === true));
    });
};

/** Options win over the configuration. */
function merged(flags: CheckFlags, config: Config): CheckFlags & { names?: Readonly<Record<string, string>> } {
  const { reference, inputs, map, loss, seeds, report, out, twice, tolerance, allowPrecision } = config;
  return {
    ...(reference === undefined ? {} : { reference }),
    ...(inputs === undefined ? {} : { inputs }),
    ...(typeof map === 'string' ? { map } : map === undefined ? {} : { names: map }),
    ...(loss === undefined ? {} : { loss }),
    ...(seeds === undefined ? {} : { seed: [...seeds] }),
    ...(report === undefined ? {} : { report: typeof report === 'string' ? [report] : [...report] }),
    ...(out === undefined ? {} : { out }),
    ...(twice === false ? { once: true } : {}),
    ...(tolerance === undefined ? {} : { tolerance: typeof tolerance === 'string' ? [tolerance] : [...tolerance] }),
    ...(allowPrecision === undefined
      ? {}
      : { allowPrecision: Object.entries(allowPrecision).map(([glob, reason]) => `${glob}=${reason}`) }),
    ...flags,
  };
}

async function check(
  paths: readonly string[],
  flags: CheckFlags & { names?: Readonly<Record<string, string>> },
  config: Config,
  debug: boolean,
): Promise<ExitCode> {
  const subjects = paths.length > 0 ? paths : subjectsOf(config);
  if (flags.reference === undefined) {
    throw new LayerdiffError(
      'E_OPTION',
      '--reference',
      'no reference was given',
      'Name an .onnx model with --reference.',
    );
  }
  const formats = formatsOf(flags.report ?? ['terminal']);
  const names = outputNames(subjects.map((subject, i) => (typeof subject === 'string' ? subject : `subject-${i + 1}`)));
  const options = await checkOptions(flags);
  const reports: (Report | null)[] = [];
  const { reference: named } = flags;
  const reference = subjects.length === 1 || typeof named === 'object' ? named : await loadReferenceOrTwin(named);
  try {
    for (const [i, subject] of subjects.entries()) {
      const report = await one(subject, reference, flags, options, subjects.length > 1, debug);
      reports.push(report);
      if (report === null) continue;
      const files = writeReports(
        report,
        names[i] as string,
        formats.filter(({ id }) => id !== 'terminal' && id !== 'github'),
        flags.out ?? DEFAULT_OUT,
      );
      if (flags.json !== true)
        show(
          report,
          files,
          formats.map(({ id }) => id),
          flags,
          subjects.length > 1,
        );
    }
  } finally {
    if (typeof reference === 'object' && !isTwin(reference)) await reference.release();
  }
  finish(reports, names, flags);
  return exitCode(reports);
}

/** One subject. With many, an error is told and the others go on. */
async function one(
  offered: string | object,
  reference: Reference | TwinRequest | string,
  flags: CheckFlags,
  options: CheckOptions,
  many: boolean,
  debug: boolean,
): Promise<Report | null> {
  const host = processHost(flags.json === true);
  const place = typeof offered === 'string' ? offered : 'configuration';
  let opened: Reference | null = null;
  try {
    const subject =
      typeof offered === 'string' ? await loadSubject(offered) : await subjectFrom(offered, 'network', place);
    const found = typeof reference === 'string' ? await loadReferenceOrTwin(reference) : reference;
    opened = isTwin(found) ? await twinOf(found, subject, options) : found;
    const { check: compare } = await import('../../harness/check.ts');
    const report = await compare(subject, opened, { ...options, host, rerun: rerunOf(place, flags) });
    await subject.release();
    return report;
  } catch (error) {
    if (!many) throw error;
    host.clear();
    process.stderr.write(`${basename(place)}: ${errorText(error, debug)}\n`);
    return null;
  } finally {
    host.clear();
    if (opened !== reference) await opened?.release();
  }
}

async function twinOf(request: TwinRequest, subject: Subject, { inputs }: CheckOptions): Promise<Reference> {
  const { twinReference } = await import('../../adapters/network/twin-reference.ts');
  return twinReference(request, subject, inputs ?? new Map());
}

/** A reference that is no file is only in the configuration. */
const rerunOf = (place: string, flags: CheckFlags): string =>
  typeof flags.reference === 'object' ? 'layerdiff check' : rerunCommand(place, flags);

function show(
  report: Report,
  files: readonly string[],
  formats: readonly string[],
  flags: CheckFlags,
  many: boolean,
): void {
  const text = renderTerminal(report, { paint, layers: flags.layers === true, width: process.stdout.columns ?? 100 });
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
    process.stdout.write(summaryTable(named, { paint }));
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

async function checkOptions(flags: CheckFlags & { names?: Readonly<Record<string, string>> }): Promise<CheckOptions> {
  const inputs =
    flags.inputs === undefined ? null : (await import('../../adapters/trace/index.ts')).readTensors(flags.inputs);
  return {
    ...(inputs === null ? {} : { inputs }),
    map: new Map(Object.entries(flags.names ?? (flags.map === undefined ? {} : readMap(flags.map)))),
    loss: flags.loss ?? null,
    seeds: flags.seed ?? [],
    twice: flags.once !== true,
    tolerances: (flags.tolerance ?? []).map(parseTolerance),
    allowPrecision: (flags.allowPrecision ?? []).map(parseAllowance),
  };
}
