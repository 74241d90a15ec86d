import { basename } from 'node:path';
import { indexFault } from '../../harness/checks/index-fault.ts';
import { isLayerdiffError, LayerdiffError } from '../../harness/errors.ts';
import type { Reference, ReplayRequest } from '../../harness/types/adapter.ts';
import type { Graph } from '../../harness/types/graph.ts';
import { loadModel, type Model } from '../onnx/index.ts';
import { namesIn } from '../onnx/names.ts';
import { engineAway } from './away.ts';
import { backward } from './backward.ts';
import { type Build, PINNED } from './build.ts';
import { concreteCache } from './cache.ts';
import type { Engine, Place } from './engine.ts';
import { forward, type Stage } from './forward.ts';
import { GROUP_BYTES } from './groups.ts';
import { prepare } from './request.ts';
import { placeFor } from './risk.ts';
import { engineHere } from './session.ts';
import { inferTypes } from './types.ts';
import { unrolled } from './unrolled.ts';

/** How a reference runs; every field has a default. */
export interface OnnxReferenceOptions {
  /** Where ONNX Runtime runs; chosen by the model unless said: see {@link Place}. */
  readonly place?: Place;
  /** Bound of what one run takes and hands over, in bytes (default 256 MiB). Answers are the same for every bound. */
  readonly groupBytes?: number;
  /** Longest that one load or run may take in a thread or process, in milliseconds (default 10 minutes). */
  readonly timeLimit?: number;
  /** Which ONNX Runtime (default: onnxruntime-node, pinned to one thread, one order, no optimisation). */
  readonly build?: Build;
}

const TEN_MINUTES = 600_000;

/** Opens a model file as the reference. Throws E_FILE, E_FORMAT, E_MODEL as decoding does, and E_PEER where ONNX Runtime is not installed. */
export async function openOnnxReference(path: string, options: OnnxReferenceOptions = {}): Promise<Reference> {
  return referenceOf(loadModel(path), basename(path), options);
}

/** A decoded model as the reference, under the given name. Throws E_PEER where ONNX Runtime is not installed. */
export async function referenceOf(model: Model, name: string, options: OnnxReferenceOptions = {}): Promise<Reference> {
  const { graph } = model;
  const { groupBytes = GROUP_BYTES, build = PINNED } = options;
  const engine = await engineFor(graph, options, build);
  const types = inferTypes(graph);
  const concreteFor = concreteCache(engine, groupBytes, name);
  const stageOf = async (request: ReplayRequest): Promise<Stage> => {
    const prepared = prepare(graph, types, request);
    return { engine, prepared, concrete: await concreteFor(prepared), groupBytes, title: name };
  };
  return {
    name,
    kind: 'onnxruntime',
    version: engine.version,
    backward: 'differentiated by layerdiff into standard ONNX operators, run by ONNX Runtime',
    graph,
    describe: async (inputs) => (await stageOf({ ...NOTHING, inputs })).concrete.described,
    async *replay(request) {
      if (request.wantGradients.length > 0) checkStart(graph.outputs, namesIn(graph), request);
      const stage = await stageOf(request);
      try {
        yield* forward(stage, request.wantValues);
        if (request.wantGradients.length > 0) yield* backward(await unrolled(stage), request);
      } catch (error) {
        const refused = isLayerdiffError(error) && error.code === 'E_REFERENCE';
        throw (refused ? indexFault(graph, stage.concrete.described, request.inputs) : null) ?? error;
      }
    },
    release: () => engine.release(),
  };
}

/** An engine for this model. One that was given as a loaded module runs here, as it cannot be handed to a thread. */
export async function engineFor(graph: Graph, options: OnnxReferenceOptions, build: Build): Promise<Engine> {
  const { place = build.loaded === null ? placeFor(graph) : 'here', timeLimit = TEN_MINUTES } = options;
  return place === 'here' ? engineHere(undefined, build) : engineAway(place, { timeLimit }, build);
}

const NOTHING: ReplayRequest = {
  inputs: new Map(),
  values: new Map(),
  gradients: new Map(),
  loss: null,
  wantValues: [],
  wantGradients: [],
};

/** A backward pass begins at a loss or at recorded gradients. */
function checkStart(
  outputs: readonly { readonly name: string }[],
  present: ReadonlySet<string>,
  request: ReplayRequest,
): void {
  const { loss, gradients } = request;
  const listed = `The model's outputs are: ${outputs.map(({ name }) => name).join(', ')}.`;
  if (loss !== null && !present.has(loss))
    throw new LayerdiffError('E_LOSS', loss, 'the model has no such tensor', listed);
  if (loss === null && gradients.size === 0) {
    const reason = 'gradients are wanted, and there is neither a loss nor a recorded gradient to start from';
    throw new LayerdiffError('E_LOSS', 'loss', reason, `Name the scalar to differentiate. ${listed}`);
  }
}
