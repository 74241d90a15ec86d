import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subject, SubjectRequest, SubjectRun } from '../../harness/types/adapter.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { openTrace, writeSafetensors } from '../trace/index.ts';
import { type Program, startProgram } from './program.ts';
import { formatRequest, type RunFiles } from './protocol.ts';
import type { ProcessOptions } from './types.ts';

export type { ProcessOptions } from './types.ts';

/** How long one run may take unless the options say otherwise (ms). */
export const TIME_LIMIT = 60_000;

/**
 * A hand-written network in any language, as a child process: it is given inputs and parameters as safetensors files, and writes its
 * trace as one. docs/process.md has the protocol.
 *
 * `run` throws E_SUBJECT where the program cannot be started, crashes, hangs beyond the time limit, or answers something else; the
 * message has the last lines of its standard error. What it wrote is checked as any trace is (E_FORMAT).
 */
export function processSubject(options: ProcessOptions): Subject {
  const folder = { path: null as string | null, runs: 0 };
  let program: Program | null = null;
  const run = async (request: SubjectRequest): Promise<SubjectRun> => {
    folder.path ??= mkdtempSync(join(tmpdir(), 'layerdiff-'));
    const files = filesOf(folder.path, folder.runs++);
    writeSafetensors(files.inputs, [...request.inputs]);
    writeSafetensors(files.parameters, renamed(request.parameters, options.map));
    if (program === null || program.ended()) program = startProgram(options, files);
    await program.ask(formatRequest(files), files.trace, options.timeLimit ?? TIME_LIMIT);
    return { trace: openTrace(files.trace), observations: [] };
  };
  return {
    name: options.name ?? options.command.join(' '),
    kind: 'process',
    producer: options.command[0] ?? null,
    runs: true,
    ...(options.map === undefined ? {} : { map: new Map(Object.entries(options.map)) }),
    run,
    release: async () => {
      await program?.stop();
      if (folder.path !== null) rmSync(folder.path, { recursive: true, force: true });
    },
  };
}

const filesOf = (folder: string, run: number): RunFiles => ({
  inputs: join(folder, `inputs-${run}.safetensors`),
  parameters: join(folder, `parameters-${run}.safetensors`),
  trace: join(folder, `trace-${run}.safetensors`),
});

/** Parameters under the program's own names where it declares them. */
function renamed(
  parameters: ReadonlyMap<string, TensorSource>,
  map: Readonly<Record<string, string>> | undefined,
): readonly (readonly [string, TensorSource])[] {
  const mine = new Map(Object.entries(map ?? {}).map(([own, theirs]) => [theirs, own]));
  return [...parameters].map(([name, source]) => [mine.get(name) ?? name, source] as const);
}
