import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isLayerdiffError, LayerdiffError } from '../../harness/errors.ts';
import type { Reference } from '../../harness/types/adapter.ts';
import { type FunctionOptions, functionProgram, type TfFunction } from './function.ts';
import { graphProgram } from './graph-model.ts';
import { type LayersOptions, layersProgram } from './layers-model.ts';
import { loadTfjs, type Tfjs } from './load.ts';
import { type ModelFile, readModelFile } from './model-files.ts';
import { programReference, tfjsReferenceOf, type TfjsReferenceOptions } from './reference.ts';

export { INSTALL, loadTfjs, type Tfjs } from './load.ts';
export { describedLayers } from './layers/index.ts';
export type { FunctionOptions, TfFunction } from './function.ts';
export { describedNodes } from './graph-model.ts';
export { tfjsOperators } from './ops/index.ts';
export { tfjsReferenceOf, type TfjsReferenceOptions };
export { fromTf, toTf } from './tensors.ts';
export { readModelFile } from './model-files.ts';

/** How a model is taken, and where it runs. */
export type OpenTfjsOptions = TfjsReferenceOptions &
  LayersOptions &
  Partial<FunctionOptions> & { readonly name?: string };

/**
 * TensorFlow.js as the reference: a `model.json` (or the folder that holds it), a LayersModel, a GraphModel, or a plain function
 * ({@link TfFunction}, with an example of its inputs).
 * @throws E_FILE, E_FORMAT, E_PEER; E_UNSUPPORTED naming a layer that cannot be described; E_OPTION for an unknown loss
 */
export async function openTfjsReference(model: string | object, options: OpenTfjsOptions = {}): Promise<Reference> {
  const tfjs = await loadTfjs();
  if (typeof model === 'function') return functionReference(tfjs, model as TfFunction, options);
  if (typeof model !== 'string') return modelReference(tfjs, model, options.name ?? 'LayersModel', options);
  const file = readModelFile(modelPath(model));
  const loss = options.loss === undefined ? file.loss : options.loss;
  const name = options.name ?? join(basename(dirname(file.path)), basename(file.path));
  const given = loss === null ? { ...options, loss } : { ...options, loss };
  return modelReference(tfjs, await load(tfjs, file), name, given);
}

async function modelReference(tfjs: Tfjs, model: object, name: string, options: OpenTfjsOptions): Promise<Reference> {
  const program = isGraphModel(model)
    ? graphProgram(tfjs, model, name, options)
    : layersProgram(tfjs, model, name, options);
  return programReference(program, name, options);
}

function functionReference(tfjs: Tfjs, f: TfFunction, options: OpenTfjsOptions): Promise<Reference> {
  const name = options.name ?? (f.name || 'function');
  const { inputs } = options;
  if (inputs === undefined) {
    const reason = 'a function is run once to see what it computes, and no inputs were given for that';
    throw new LayerdiffError('E_INPUT', name, reason, 'Give openTfjsReference(f, { inputs, parameters }).');
  }
  return programReference(functionProgram(tfjs, f, name, { ...options, inputs }), name, options);
}

const isGraphModel = (model: object): boolean => 'executor' in model;

async function load(tfjs: Tfjs, { kind, artifacts, path }: ModelFile): Promise<object> {
  const handler = { load: async () => ({ ...artifacts, trainingConfig: undefined }) };
  try {
    if (kind === 'graph') return await (await tfjs.converter()).loadGraphModel(handler as never);
    return await tfjs.layers.loadLayersModel(handler as never);
  } catch (cause) {
    if (isLayerdiffError(cause)) throw cause;
    const said = String((cause as Error)?.message ?? cause).split('\n')[0] as string;
    const remedy = 'Check that TensorFlow.js loads it by itself.';
    throw new LayerdiffError('E_FORMAT', path, `TensorFlow.js says: ${said.replace(/\.$/, '')}`, remedy, { cause });
  }
}

/** A folder stands for its model.json. */
function modelPath(path: string): string {
  try {
    return statSync(path).isDirectory() ? join(path, 'model.json') : path;
  } catch {
    return path; // reading it says what is wrong
  }
}
