import { basename } from 'node:path';
import { LayerdiffError } from '../harness/errors.ts';
import type { Subject } from '../harness/types/adapter.ts';
import type { OnnxSubjectOptions } from '../adapters/onnxruntime/index.ts';
import type { ProcessOptions } from '../adapters/process/types.ts';
import { exported, MODULE } from './load-module.ts';
import { tfjsModel } from './load-reference.ts';

/**
 * Opens a SUBJECT: a trace (.safetensors, .npz), a module that exports a network, or a model (.onnx) with the build that runs it.
 * @throws E_FILE, E_FORMAT, E_SUBJECT; E_OPTION for a file of another kind
 */
export async function loadSubject(path: string, options: ModelOptions = {}): Promise<Subject> {
  if (/\.onnx$/i.test(path)) return modelSubject(path, options);
  if (options.runtime !== undefined || options.optimization !== undefined) throw noModel(path);
  if (/\.(?:safetensors|npz)$/i.test(path)) return (await import('../adapters/trace/subject.ts')).traceSubject(path);
  const tfjs = tfjsModel(path);
  if (tfjs !== null) return tfjsSubject(tfjs);
  if (MODULE.test(path)) return subjectFrom(await exported(path, 'network'), basename(path), path);
  throw new LayerdiffError(
    'E_OPTION',
    path,
    'a subject is a trace (.safetensors, .npz), a module (.ts, .js, .mjs) that exports a network, or a model (.onnx)',
    'Give one of these.',
  );
}

/** Makes a subject of what a module or a configuration offers: a subject as it is, a program or a network through its adapter. */
export async function subjectFrom(offered: unknown, name: string, place: string): Promise<Subject> {
  if (isSubject(offered)) return offered;
  if (isProgram(offered)) return (await import('../adapters/process/index.ts')).processSubject({ name, ...offered });
  if (isModel(offered)) {
    const { onnxModelSubject } = await import('../adapters/onnxruntime/index.ts');
    return onnxModelSubject(offered.model, offered);
  }
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

/** How a model that is a subject is run, in words. */
export interface ModelOptions {
  /** `onnxruntime-web:wasm` */
  readonly runtime?: string;
  readonly optimization?: string;
  readonly loss?: string;
}

async function modelSubject(path: string, { runtime, ...options }: ModelOptions): Promise<Subject> {
  const { onnxModelSubject, parseRuntime } = await import('../adapters/onnxruntime/index.ts');
  // A level that does not exist is refused there, by name.
  const how = { ...options, ...(runtime === undefined ? {} : parseRuntime(runtime)) } as OnnxSubjectOptions;
  return onnxModelSubject(path, how);
}

/** A TensorFlow.js model, held against a reference. */
async function tfjsSubject({ path, options }: NonNullable<ReturnType<typeof tfjsModel>>): Promise<Subject> {
  const { openTfjsReference } = await import('../adapters/tfjs/index.ts');
  const { referenceSubject } = await import('../harness/reference-subject.ts');
  const opened = await openTfjsReference(path, options);
  return { ...referenceSubject(opened), release: () => opened.release() };
}

function noModel(path: string): LayerdiffError {
  const reason = '--runtime and --optimization are for a subject that is a model (.onnx)';
  return new LayerdiffError('E_OPTION', path, reason, 'Leave them out, or give a model.');
}

/** A model and what runs it: `{ model: 'model.onnx', runtime: 'onnxruntime-web' }`. */
function isModel(offered: unknown): offered is { readonly model: string } & OnnxSubjectOptions {
  const model = (offered as { model?: unknown } | null)?.model;
  return typeof model === 'string' && /\.onnx$/i.test(model);
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
