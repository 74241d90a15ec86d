import { dirname, resolve } from 'node:path';
import { LayerdiffError } from '../harness/errors.ts';
import type { Reference } from '../harness/types/adapter.ts';
import { exported, MODULE } from './load-module.ts';

/**
 * Opens a REF: an ONNX model, or a module that exports a reference or the path of one.
 * @throws E_FILE, E_FORMAT, E_MODEL, E_PEER; E_UNSUPPORTED for a TensorFlow.js model; E_OPTION for a file of another kind
 */
export async function loadReference(path: string): Promise<Reference> {
  if (/\.onnx$/i.test(path)) return (await import('../adapters/onnxruntime/index.ts')).openOnnxReference(path);
  if (MODULE.test(path)) return referenceFrom(await exported(path, 'reference'), path);
  if (/\.json$/i.test(path)) {
    throw new LayerdiffError(
      'E_UNSUPPORTED',
      path,
      'TensorFlow.js models are not read yet',
      'Give the network as an ONNX model (.onnx).',
    );
  }
  throw new LayerdiffError(
    'E_OPTION',
    path,
    'a reference is a model (.onnx) or a module (.ts, .js, .mjs) that exports one',
    'Give one of these with --reference.',
  );
}

async function referenceFrom(offered: unknown, place: string): Promise<Reference> {
  const candidate = offered as Partial<Reference> | null;
  if (typeof candidate === 'object' && candidate !== null && typeof candidate.replay === 'function')
    return candidate as Reference;
  // A path is relative to the module that names it, as in a configuration.
  if (typeof offered === 'string' && !MODULE.test(offered)) return loadReference(resolve(dirname(place), offered));
  throw new LayerdiffError(
    'E_REFERENCE',
    place,
    `it exports ${typeof offered}, not a reference`,
    'Export a reference, or the path of an .onnx model.',
  );
}
