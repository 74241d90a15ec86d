import type { Reference, ReplayRequest, TensorType } from '../../harness/types/adapter.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { DataType, TensorSource } from '../../harness/types/tensor.ts';
import { LayerdiffError } from '../../harness/errors.ts';
import { prepare, seedFor } from '../onnxruntime/request.ts';
import { inferTypes } from '../onnxruntime/types.ts';
import { type Backends, chooseBackends } from './backends.ts';
import { loadTfjs, type Tfjs } from './load.ts';
import { nodeStep, proveExpressible } from './ops/index.ts';
import { type Program, stepsOf } from './program.ts';
import { proveDescription } from './prove.ts';
import { replay } from './replay.ts';

export interface TfjsReferenceOptions {
  /** The backend to prefer: `tensorflow` (tfjs-node), `wasm` or `cpu`; the fastest that is installed unless said. */
  readonly backend?: string;
}

type Inputs = ReadonlyMap<string, TensorSource>;
type Types = ReadonlyMap<string, TensorType>;

/** A network in ONNX's operators, run by TensorFlow.js: each node by its operators. Throws E_UNSUPPORTED naming a node that it cannot express, E_PEER. */
export async function tfjsReferenceOf(
  graph: Graph,
  name: string,
  options: TfjsReferenceOptions = {},
): Promise<Reference> {
  return programReference({ graph, parts: graph.nodes.map((node) => ({ nodes: [node], own: null })) }, name, options);
}

/** A program as the reference. */
export async function programReference(
  program: Program,
  name: string,
  options: TfjsReferenceOptions = {},
): Promise<Reference> {
  const { graph } = program;
  proveExpressible(graph);
  const tfjs = await loadTfjs();
  const backends = chooseBackends(tfjs, options.backend);
  const elements = inferTypes(graph);
  const typesFor = describer(program, tfjs, backends, elements);
  const make = nodeStep(tfjs.core, graph);
  return {
    name,
    kind: 'tfjs',
    version: tfjs.version,
    get backward() {
      return [`TensorFlow.js's own tape, layer by layer; ${backends.told()}`, ...(program.notes ?? [])].join('; ');
    },
    graph,
    describe: typesFor,
    async *replay(request) {
      const { feeds, aliases } = prepare(graph, elements, request);
      checkStart(graph, request);
      const inputs = new Map(graph.inputs.map(({ name: input }) => [input, feeds.get(input) as TensorSource]));
      const types = await typesFor(inputs);
      const touched = new Set([
        ...request.values.keys(),
        ...request.gradients.keys(),
        ...request.wantValues,
        ...request.wantGradients,
      ]);
      const steps = stepsOf(program, (tensor) => touched.has(tensor), make);
      const held = new Map([...graph.initializers, ...inputs]);
      const cuts = new Map([...aliases].map(([input, tensor]) => [tensor, feeds.get(input) as TensorSource]));
      checkCuts(cuts, types);
      const seeds = seedsOf(request, types);
      yield* replay({ tfjs, backends, steps, request, held, cuts, seeds, types });
    },
    release: async () => {},
  };
}

/** Types and shapes of every tensor, by running the description once for given inputs. */
function describer(
  program: Program,
  tfjs: Tfjs,
  backends: Backends,
  elements: ReadonlyMap<string, string | null>,
): (inputs: Inputs) => Promise<Types> {
  let last: { key: string; types: Types } | null = null;
  return async (inputs) => {
    prepare(program.graph, elements, { ...NOTHING, inputs });
    const key = JSON.stringify([...inputs].map(([name, { shape }]) => [name, shape]));
    if (last?.key === key) return last.types;
    const types = proveDescription(program, tfjs, backends, inputs, elements as ReadonlyMap<string, DataType | null>);
    last = { key, types };
    return types;
  };
}

function seedsOf(request: ReplayRequest, types: Types): Inputs {
  return new Map(
    [...request.gradients].map(([name, source]) => {
      const { shape, dtype } = types.get(name) as TensorType;
      return [name, seedFor(name, source, shape, dtype)];
    }),
  );
}

function checkCuts(cuts: Inputs, types: Types): void {
  for (const [name, { shape }] of cuts) {
    const expected = types.get(name)?.shape;
    if (expected === undefined || JSON.stringify(expected) === JSON.stringify(shape)) continue;
    const reason = `the recorded tensor has the shape [${shape.join(', ')}], the network's has [${expected.join(', ')}]`;
    const remedy = 'Leave this tensor out, or record it in the layout of the reference.';
    throw new LayerdiffError('E_SHAPE', name, reason, remedy);
  }
}

/** A backward pass begins at a loss or at recorded gradients. */
function checkStart(graph: Graph, { loss, gradients, wantGradients }: ReplayRequest): void {
  if (wantGradients.length === 0) return;
  const listed = `The model's outputs are: ${graph.outputs.map(({ name }) => name).join(', ')}.`;
  const present = graph.nodes.some((node) => node.outputs.includes(loss ?? ''));
  if (loss !== null && !present) throw new LayerdiffError('E_LOSS', loss, 'the model has no such tensor', listed);
  if (loss !== null || gradients.size > 0) return;
  const reason = 'gradients are wanted, and there is neither a loss nor a recorded gradient to start from';
  throw new LayerdiffError('E_LOSS', 'loss', reason, `Name the scalar to differentiate. ${listed}`);
}

const NOTHING: ReplayRequest = {
  inputs: new Map(),
  values: new Map(),
  gradients: new Map(),
  loss: null,
  wantValues: [],
  wantGradients: [],
};
