import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { LayerdiffError } from '../../harness/errors.ts';
import { environmentOf, parseReply, type RunFiles } from './protocol.ts';
import type { ProcessOptions } from './types.ts';

/** So many of the last lines of standard error go into a message. */
const LAST_LINES = 12;
/** A line longer than this is no reply (characters). */
const LONGEST_LINE = 65_536;

/** A running program. */
export interface Program {
  ended(): boolean;
  /** Sends a request, and waits until the trace is written. Throws E_SUBJECT. */
  ask(request: string, trace: string, timeLimit: number): Promise<void>;
  stop(): Promise<void>;
}

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Starts the program in a process group of its own, so that whatever it starts ends with it. */
export function startProgram(options: ProcessOptions, first: RunFiles): Program {
  const [file, ...args] = options.command as [string, ...string[]];
  const name = options.name ?? options.command.join(' ');
  const child = spawn(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env, ...environmentOf(first) },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const said = collectStderr(child);
  let exit: Exit | null = null;
  const over = new Promise<Exit | Error>((resolve) => {
    child.on('error', resolve);
    child.on('close', (code, signal) => resolve((exit = { code, signal })));
  });
  child.stdin.on('error', () => {}); // a program that reads the environment alone may close it: how it ends is what counts
  const fail = (reason: string, remedy: string): LayerdiffError =>
    new LayerdiffError('E_SUBJECT', name, `${reason}${said()}`, remedy);
  return {
    ended: () => exit !== null,
    ask: async (request, trace, timeLimit) => {
      child.stdin.write(request);
      const timer = { id: undefined as NodeJS.Timeout | undefined };
      const late = new Promise<'late'>((resolve) => (timer.id = setTimeout(resolve, timeLimit, 'late')));
      try {
        const answer = await Promise.race([nextLine(child), over, late]);
        settle(answer, trace, timeLimit, fail);
      } catch (error) {
        killGroup(child);
        throw error;
      } finally {
        clearTimeout(timer.id);
      }
    },
    stop: async () => {
      child.stdin.end();
      const patience = setTimeout(() => killGroup(child), 1000);
      if (exit === null) await over;
      clearTimeout(patience);
    },
  };
}

/** Decides what an answer means: a reply line, an end of the program, or no answer in time. */
function settle(
  answer: string | Exit | Error | 'late',
  trace: string,
  timeLimit: number,
  fail: (reason: string, remedy: string) => LayerdiffError,
): void {
  if (answer === 'late')
    throw fail(
      `it gave no answer within ${timeLimit / 1000} s`,
      'See where it hangs, or give it more time (timeLimit).',
    );
  if (typeof answer === 'string') return settleLine(answer, trace, fail);
  if ('message' in answer)
    throw fail(`it could not be started: ${answer.message}`, 'Check the command and its folder.');
  if (answer.signal !== null) throw fail(`it was ended by ${answer.signal}`, 'Run it by itself to see why it crashes.');
  if (answer.code !== 0) throw fail(`it ended with exit code ${answer.code}`, 'Run it by itself to see why.');
  if (!existsSync(trace))
    throw fail(
      'it ended without writing its trace',
      `Write the trace to the path that it is given (LAYERDIFF_TRACE, or "trace" in the request).`,
    );
}

function settleLine(line: string, trace: string, fail: (reason: string, remedy: string) => LayerdiffError): void {
  const reply = parseReply(line);
  if (reply.kind === 'error') throw fail(`it reported an error: ${reply.message}`, 'Mend it in the program.');
  if (reply.kind === 'garbage') {
    const shown = JSON.stringify(line.slice(0, 120));
    throw fail(
      `it wrote ${shown} to standard output, where only {"done": true} or {"error": "…"} may stand`,
      'Print to standard error instead.',
    );
  }
  if (!existsSync(trace))
    throw fail('it said that it was done, and did not write its trace', 'Write the trace before the reply.');
}

/** The next line of standard output; never resolves where none comes. */
function nextLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk.toString('utf8');
      const end = text.indexOf('\n');
      if (end < 0 && text.length <= LONGEST_LINE) return;
      child.stdout?.off('data', take);
      resolve(end < 0 ? text : text.slice(0, end));
    };
    child.stdout?.on('data', take);
  });
}

/** Keeps the last lines of standard error, to be shown in messages. */
function collectStderr(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('utf8'))
      .split('\n')
      .slice(-LAST_LINES - 1)
      .join('\n')
      .slice(-8192);
  });
  return () => (text.trim() === '' ? '' : `; its last words:\n${text.trimEnd().replace(/^/gm, '  | ')}\n`);
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // no group of its own (Windows), or over already
  }
}
