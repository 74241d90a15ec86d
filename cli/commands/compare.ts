import { basename } from 'node:path';
import { renderTerminal, json } from '../../reports/index.ts';
import { processHost } from '../host.ts';
import { readMap } from '../read-map.ts';
import { DEFAULT_OUT, formatsOf, outputNames, writeReports } from '../output.ts';
import { paint } from '../paint.ts';
import { columns } from '../width.ts';
import type { AddCommand } from './index.ts';

interface CompareFlags {
  map?: string;
  report?: string[];
  out?: string;
  json?: boolean;
  layers?: boolean;
}

/** `layerdiff compare A B`: two traces and no model. */
export const addCompare: AddCommand = (program, done) => {
  program
    .command('compare')
    .description('compare two traces without a model: chained errors only')
    .argument('<a>', 'trace of the subject')
    .argument('<b>', 'trace to compare it with')
    .option('-m, --map <file>', 'JSON file {"name in A": "name in B"}')
    .option('--report <format...>', 'terminal, json, html, junit, markdown, github')
    .option('-o, --out <dir>', `folder for report files (default: ${DEFAULT_OUT})`)
    .option('--json', 'print the report as JSON, and nothing else')
    .option('--layers', 'one line a tensor')
    .action(async (a: string, b: string, flags: CompareFlags) => {
      const { openTrace } = await import('../../adapters/trace/index.ts');
      const { compareTraces } = await import('../../harness/compare-traces.ts');
      const formats = formatsOf(flags.report ?? ['terminal']);
      const report = await compareTraces(
        { name: basename(a), trace: openTrace(a) },
        { name: basename(b), trace: openTrace(b) },
        {
          map: flags.map === undefined ? new Map() : readMap(flags.map).pairs,
          host: processHost(true),
          rerun: `layerdiff compare ${a} ${b}`,
        },
      );
      const files = writeReports(
        report,
        outputNames([a])[0] as string,
        formats.filter(({ id }) => id !== 'terminal' && id !== 'github'),
        flags.out ?? DEFAULT_OUT,
      );
      if (flags.json === true) process.stdout.write(json.render(report));
      else {
        process.stdout.write(renderTerminal(report, { paint, layers: flags.layers === true, ...columns() }));
        for (const file of files) process.stdout.write(`  wrote ${file}\n`);
      }
      done(report.outcome === 'match' ? 0 : report.outcome === 'mismatch' ? 1 : 2);
    });
};
