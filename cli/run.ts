import { Command, CommanderError } from 'commander';
import { isLayerdiffError } from '../harness/errors.ts';
import { commands } from './commands/index.ts';
import { version } from './version.ts';

/** 0 all match · 1 at least one mismatch · 2 could not compare. */
export type ExitCode = 0 | 1 | 2;

/**
 * Runs the command line and returns its exit code. Results go to standard output, progress and errors to standard error;
 * an error is what is wrong, where, and what to do, never a stack trace unless `--debug`.
 */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = 0;
  const program = new Command('layerdiff')
    .description(
      'Finds the bug in a hand-written neural network: runs it beside a framework and compares layer by layer, forward and backward.',
    )
    .version(version())
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .option('--debug', 'show stack traces of errors');
  for (const add of commands) add(program, (result) => (code = result));
  try {
    await program.parseAsync(argv as string[], { from: 'user' });
    return code;
  } catch (error) {
    return failed(error, argv.includes('--debug'));
  }
}

function failed(error: unknown, debug: boolean): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said it already
  process.stderr.write(`${errorText(error, debug)}\n`);
  return 2;
}

/** What a user is told of an error: our own say code, place, reason and remedy; others are bugs of ours, and said to be. */
export function errorText(error: unknown, debug: boolean): string {
  const text = isLayerdiffError(error)
    ? `error  ${error.message}`
    : `error  internal: ${error instanceof Error || (error as Error)?.message ? (error as Error).message : String(error)}. This is a bug in layerdiff: please report it with the output of --debug.`;
  return debug && (error as Error)?.stack ? `${text}\n${(error as Error).stack}` : text;
}
