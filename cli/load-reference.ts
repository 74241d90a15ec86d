import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isTwin, type TwinRequest } from '../adapters/network/twin-request.ts';
import { LayerdiffError } from '../harness/errors.ts';
import type { Reference } from '../harness/types/adapter.ts';
import type { Graph } from '../harness/types/graph.ts';
import { exported, MODULE } from './load-module.ts';

/**
 * Opens a REF: an ONNX model, a TensorFlow.js model, or a module that exports a reference, a graph (`twin(network, inputs)`), or the path of a model.
 * @throws E_FILE, E_FORMAT, E_MODEL, E_PEER; E_UNSUPPORTED for what a TensorFlow.js model holds and cannot be described; E_OPTION for a file of another kind, and for
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
  const tfjs = tfjsModel(path);
  if (tfjs !== null) return (await import('../adapters/tfjs/index.ts')).openTfjsReference(tfjs.path, tfjs.options);
  throw new LayerdiffError(
    'E_OPTION',
    path,
    'a reference is a model (.onnx, model.json) or a module (.ts, .js, .mjs) that exports one',
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
  // A model of TensorFlow.js, or a function that is one, brings its own loss and inputs by openTfjsReference().
  if (typeof offered === 'object' && offered !== null && ('nodesByDepth' in offered || 'executor' in offered)) {
    return (await import('../adapters/tfjs/index.ts')).openTfjsReference(offered, { name: basename(place) });
  }
  // A path is relative to the module that names it, as in a configuration.
  if (typeof offered === 'string' && !MODULE.test(offered))
    return loadReferenceOrTwin(resolve(dirname(place), offered));
  throw new LayerdiffError(
    'E_REFERENCE',
    place,
    `it exports ${typeof offered}, not a reference`,
    'Export a reference, a graph, twin(), a model of TensorFlow.js, or the path of a model.',
  );
}

/** A `model.json`, or the folder that holds one, and how to take it: `model.json?loss=meanSquaredError`. Null for anything else. */
export function tfjsModel(
  named: string,
): { path: string; options: { loss?: string | null; training?: boolean } } | null {
  const [path, query = ''] = named.split('?') as [string, string?];
  if (!/\.json$/i.test(path) && !existsSync(join(path, 'model.json'))) return null;
  const options: { loss?: string | null; training?: boolean } = {};
  for (const [key, value] of new URLSearchParams(query)) {
    if (key === 'loss') options.loss = value === 'none' ? null : value;
    else if (key === 'training') options.training = value !== 'false';
    else
      throw new LayerdiffError(
        'E_OPTION',
        named,
        `"${key}" says nothing about a TensorFlow.js model`,
        'There are: loss, training.',
      );
  }
  return { path, options };
}
