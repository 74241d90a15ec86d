import { basename, dirname, resolve } from 'node:path';
import { isTwin, type TwinRequest } from '../adapters/network/twin-request.ts';
import { LayerdiffError } from '../harness/errors.ts';
import type { Reference } from '../harness/types/adapter.ts';
import type { Graph } from '../harness/types/graph.ts';
import { exported, MODULE } from './load-module.ts';

/**
 * Opens a REF: an ONNX model, or a module that exports a reference, a graph (`twin(network, inputs)`), or the path of a model.
 * @throws E_FILE, E_FORMAT, E_MODEL, E_PEER; E_UNSUPPORTED for a TensorFlow.js model; E_OPTION for a file of another kind, and for
 *   `twin()` where there is no network that it could be the twin of
 */
export async function loadReference(path: string): Promise<Reference> {
  const offered = await loadReferenceOrTwin(path);
  if (!isTwin(offered)) return offered;
  const remedy = 'Use it with "layerdiff check", or export twin(network, inputs).';
  throw new LayerdiffError(
    'E_OPTION',
    path,
    'it exports twin(), which is the twin of a subject, and there is none',
    remedy,
  );
}

/** The same; `twin()` is handed on, as it is of each subject its own. */
export async function loadReferenceOrTwin(path: string): Promise<Reference | TwinRequest> {
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

async function referenceFrom(offered: unknown, place: string): Promise<Reference | TwinRequest> {
  if (isTwin(offered)) return offered;
  const candidate = offered as Partial<Reference & Graph> | null;
  if (typeof candidate === 'object' && candidate !== null && typeof candidate.replay === 'function')
    return candidate as Reference;
  if (typeof candidate === 'object' && Array.isArray(candidate?.nodes)) {
    const { referenceOf } = await import('../adapters/onnxruntime/index.ts');
    return referenceOf({ graph: candidate as Graph, irVersion: 10, producer: '' }, candidate.name ?? basename(place));
  }
  // A path is relative to the module that names it, as in a configuration.
  if (typeof offered === 'string' && !MODULE.test(offered))
    return loadReferenceOrTwin(resolve(dirname(place), offered));
  throw new LayerdiffError(
    'E_REFERENCE',
    place,
    `it exports ${typeof offered}, not a reference`,
    'Export a reference, a graph, twin(), or the path of an .onnx model.',
  );
}
