import { basename } from 'node:path';
import { LayerdiffError } from '../harness/errors.ts';
import type { Subject } from '../harness/types/adapter.ts';
import type { ProcessOptions } from '../adapters/process/types.ts';
import { exported, MODULE } from './load-module.ts';

/**
 * Opens a SUBJECT: a trace (.safetensors, .npz), or a module that exports a network.
 * @throws E_FILE, E_FORMAT, E_SUBJECT; E_OPTION for a file of another kind
 */
export async function loadSubject(path: string): Promise<Subject> {
  if (/\.(?:safetensors|npz)$/i.test(path)) return (await import('../adapters/trace/subject.ts')).traceSubject(path);
  if (MODULE.test(path)) return subjectFrom(await exported(path, 'network'), basename(path), path);
  throw new LayerdiffError(
    'E_OPTION',
    path,
    'a subject is a trace (.safetensors, .npz) or a module (.ts, .js, .mjs) that exports a network',
    'Give one of these.',
  );
}

/** Makes a subject of what a module or a configuration offers: a subject as it is, a program or a network through its adapter. */
export async function subjectFrom(offered: unknown, name: string, place: string): Promise<Subject> {
  if (isSubject(offered)) return offered;
  if (isProgram(offered)) return (await import('../adapters/process/index.ts')).processSubject({ name, ...offered });
  if (typeof offered === 'object' && offered !== null) {
    const { networkSubject } = await import('../adapters/network/index.ts');
    return networkSubject(offered as Parameters<typeof networkSubject>[0], name);
  }
  throw new LayerdiffError(
    'E_SUBJECT',
    place,
    `it exports ${typeof offered}, not a network`,
    'Export an object with layers, or with run.',
  );
}

function isSubject(offered: unknown): offered is Subject {
  const candidate = offered as Partial<Subject> | null;
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    typeof candidate.runs === 'boolean' &&
    typeof candidate.run === 'function'
  );
}

/** A program: `{ command: ['./network'] }`. */
function isProgram(offered: unknown): offered is ProcessOptions {
  const command = (offered as Partial<ProcessOptions> | null)?.command;
  return Array.isArray(command) && command.length > 0 && command.every((word) => typeof word === 'string');
}
