import { basename } from 'node:path';
import { findLoss } from '../../harness/loss.ts';
import { recordReference } from '../../harness/record.ts';
import { uniform } from '../../harness/numerics/random.ts';
import { sizeOf } from '../../harness/shape.ts';
import { fromNumbers, isFloat, sourceOf } from '../../harness/tensor.ts';
import type { Reference, Subject, SubjectRequest, SubjectRun, TensorType } from '../../harness/types/adapter.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { decodeModel, loadModel, type Model } from '../onnx/index.ts';
import { type Build, buildOf, type RuntimeOptions } from './build.ts';
import { keptTensors } from './kept.ts';
import type { OnnxReferenceOptions } from './reference.ts';
import { referenceOf } from './reference.ts';

/** How a model under test is run. */
export interface OnnxSubjectOptions extends RuntimeOptions, Pick<OnnxReferenceOptions, 'place' | 'timeLimit'> {
  readonly name?: string;
  /** Its names to the reference's, where they differ. */
  readonly map?: Readonly<Record<string, string>>;
  /** The scalar to differentiate, by its own name; found by itself where not named. */
  readonly loss?: string;
  /**
   * What is recorded. `all`: every tensor (default where the graph is not optimised). `kept`: those that are left when the build has
   * optimised the graph, so that recording them undoes no fusion (default otherwise). `outputs`: the model's own outputs.
   */
  readonly record?: 'all' | 'kept' | 'outputs';
}

/**
 * An ONNX model as the subject: run by ONNX Runtime's other builds (`onnxruntime-web`, your own), on other execution providers, or with
 * optimisation on. Its gradients are those of layerdiff's backward graph for it, run by the same build: what is judged is its kernels.
 * Without a scalar loss, the backward pass starts from random gradients of its outputs. It runs on its own parameters.
 *
 * @param model path, bytes, or graph
 * @throws E_FILE, E_FORMAT, E_MODEL as decoding does, E_OPTION; `run` throws E_PEER where the build is not installed
 */
export function onnxModelSubject(model: string | Uint8Array | Graph, options: OnnxSubjectOptions = {}): Subject {
  const read = modelOf(model);
  const build = buildOf(options);
  const name = options.name ?? (typeof model === 'string' ? basename(model) : read.graph.name);
  let opened: Reference | null = null;
  return {
    name,
    kind: 'onnxruntime',
    producer: null,
    runs: true,
    ...(options.map === undefined ? {} : { map: new Map(Object.entries(options.map)) }),
    run: async (request) => {
      opened ??= await referenceOf(read, name, { ...options, build });
      return recorded(opened, build, options, inputsOf(read.graph, request, options));
    },
    release: async () => {
      await opened?.release();
      opened = null;
    },
  };
}

function modelOf(model: string | Uint8Array | Graph): Model {
  if (typeof model === 'string') return loadModel(model);
  if (ArrayBuffer.isView(model)) return decodeModel(model as Uint8Array, { place: 'model', directory: null });
  return { graph: model as Graph, irVersion: 10, producer: '' };
}

/** Inputs under the model's own names; those that it does not have are left out: it may be a part of the network. */
function inputsOf(
  graph: Graph,
  { inputs }: SubjectRequest,
  { map = {} }: OnnxSubjectOptions,
): ReadonlyMap<string, TensorSource> {
  const own = graph.inputs.flatMap(({ name }) => {
    const source = inputs.get(map[name] ?? name);
    return source === undefined ? [] : [[name, source] as const];
  });
  return new Map(own);
}

async function recorded(
  reference: Reference,
  build: Build,
  options: OnnxSubjectOptions,
  inputs: ReadonlyMap<string, TensorSource>,
): Promise<SubjectRun> {
  const { graph, version } = reference;
  const types = await reference.describe(inputs);
  const loss = findLoss(graph, types, options.loss ?? null);
  const trace = await recordReference(reference, inputs, loss, {
    seeds: loss === null ? cotangents(graph, types) : new Map(),
    only: new Set(await recordedNames(graph, build, options, inputs)),
    // What has no gradient is not recorded: the report then says that it was not compared.
    refused: () => {},
  });
  return {
    trace: { ...trace, metadata: { ...trace.metadata, producer: producerOf(build, version) } },
    observations: [],
  };
}

function recordedNames(
  graph: Graph,
  build: Build,
  { record, optimization = 'disabled' }: OnnxSubjectOptions,
  inputs: ReadonlyMap<string, TensorSource>,
): Promise<readonly string[]> | readonly string[] {
  const computed = graph.nodes.flatMap((node) => node.outputs).filter((name) => name !== '');
  const how = record ?? (optimization === 'disabled' ? 'all' : 'kept');
  if (how === 'all') return computed;
  const ends = new Set(graph.outputs.map(({ name }) => name));
  if (how === 'outputs') return computed.filter((name) => ends.has(name));
  return keptTensors(graph, build, optimization, inputs);
}

/** Random gradients of the float outputs, the same in each run. */
function cotangents(graph: Graph, types: ReadonlyMap<string, TensorType>): ReadonlyMap<string, TensorSource> {
  const random = uniform(1);
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  const seeds = new Map<string, TensorSource>();
  for (const { name } of graph.outputs) {
    const type = types.get(name);
    if (type === undefined || !isFloat(type.dtype) || !made.has(name)) continue;
    const data = Float64Array.from({ length: sizeOf(type.shape) }, () => 2 * random() - 1);
    seeds.set(name, sourceOf(fromNumbers(type.dtype, type.shape, data)));
  }
  return seeds;
}

function producerOf({ name, session }: Build, version: string): string {
  const { executionProviders, graphOptimizationLevel } = session as Record<string, unknown>;
  const providers = Array.isArray(executionProviders) ? executionProviders.map(providerName) : [];
  const how = [
    ...providers,
    ...(graphOptimizationLevel === 'disabled' ? [] : [`optimisation ${graphOptimizationLevel}`]),
  ];
  return `${name} ${version}${how.length === 0 ? '' : ` (${how.join(', ')})`}`;
}

const providerName = (provider: unknown): string =>
  typeof provider === 'string' ? provider : String((provider as { name?: unknown } | null)?.name ?? provider);
