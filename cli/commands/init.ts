import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { LayerdiffError } from '../../harness/errors.ts';
import { makeFolder } from '../output.ts';
import type { AddCommand } from './index.ts';

/** `layerdiff init`: a configuration and a first example that runs. Never overwrites. */
export const addInit: AddCommand = (program, done) => {
  program
    .command('init')
    .description('write layerdiff.config.ts and a first runnable example into this folder')
    .option('--dry-run', 'say what would be written')
    .action(async (flags: { dryRun?: boolean }) => {
      const { starter } = await import('../starter.ts');
      const taken = starter.filter(({ path }) => existsSync(path));
      if (taken.length > 0) {
        const names = taken.map(({ path }) => path).join(', ');
        throw new LayerdiffError(
          'E_FILE',
          names,
          'it exists already, and nothing is overwritten',
          'Move it away, or run "layerdiff init" in an empty folder.',
        );
      }
      for (const { path, write } of starter) {
        if (flags.dryRun !== true) {
          makeFolder(dirname(path));
          write(path);
        }
        process.stdout.write(`${flags.dryRun === true ? 'would write' : 'wrote'} ${path}\n`);
      }
      process.stdout.write('\nnow run:  npx layerdiff check\n');
      done(0);
    });
};
