import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** Where the built package lies: `dist`, unless LAYERDIFF_DIST says otherwise. */
export const DIST = resolve(process.env.LAYERDIFF_DIST ?? join(ROOT, 'dist'));

/** What a run of the command line gave. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longest that any command of a test may take (ms): what hangs is a failure. */
const LIMIT = 30_000;

/**
 * Runs the built command line as its users do: a process of its own, no terminal.
 * @throws where it has not been built
 */
export function layerdiff(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const main = join(DIST, 'cli/main.js');
  if (!existsSync(main)) throw new Error(`${main} is not there: run "npm run build" first (npm test does)`);
  const { FORCE_COLOR: _forced, NO_COLOR: _refused, CI: _ci, ...quiet } = process.env;
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...quiet, ...options.env },
    timeout: LIMIT,
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (said.stderr += text));
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (status) => done({ status, ...said }));
  });
}

/** An empty folder that is this test's own. */
export const scratch = (): string => mkdtempSync(join(tmpdir(), 'layerdiff-'));

/** A file of the test data. */
export const data = (...path: readonly string[]): string => join(ROOT, 'test/data', ...path);
export const trace = (name: string): string => data('traces', name, 'trace.safetensors');
export const model = (name: string): string => data('goldens', name, 'model.onnx');
export const inputs = (name: string): string => data('goldens', name, 'inputs.safetensors');
export { ROOT };
