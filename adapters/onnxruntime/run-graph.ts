import { LayerdiffError } from '../../harness/errors.ts';
import { BYTES, fromNumbers, isFloat, toNumbers } from '../../harness/tensor.ts';
import { sizeOf } from '../../harness/shape.ts';
import type { Graph, GraphNode, ValueInfo } from '../../harness/types/graph.ts';
import type { Tensor, TensorSource } from '../../harness/types/tensor.ts';
import { encodeModel, namesIn } from '../onnx/index.ts';
import { cast } from './cast.ts';
import { WORKING_OPSET } from '../onnx/rule.ts';
import type { Engine } from './engine.ts';
import { writtenInPlace } from './in-place.ts';
import { pruneGraph } from './prune.ts';
import type { RawMetadata } from './runtime.mjs';
import type { ElementName } from './types.ts';

/** What a run of a graph is given. */
export interface RunRequest {
  readonly graph: Graph;
  /** Element type of each tensor, so far as known. */
  readonly types: ReadonlyMap<string, ElementName>;
  /** What each graph input is fed with; asked only for inputs that the wanted tensors need. */
  readonly feed: (name: string) => TensorSource | undefined;
  readonly wants: readonly string[];
  /** What is being run, for messages. */
  readonly title: string;
}

/** Up to so many bytes, an initializer is written into the model; a larger float is fed, and its bytes never copied. */
const INLINE_BYTES = 1024;

/**
 * Runs the part of a graph that computes the wanted tensors, once, in a session of its own.
 *
 * bfloat16 cannot cross to JavaScript: such tensors go in and out as float32, through a Cast in the graph, which loses nothing.
 * Throws E_INPUT where an input that is needed is not fed, E_UNSUPPORTED for a tensor whose type cannot cross.
 */
export async function runGraph(engine: Engine, request: RunRequest): Promise<Map<string, Tensor>> {
  if (request.wants.length === 0) return new Map();
  const { bytes, feeds, fetches } = compile(request, engine.holdsParameters);
  const fed = new Map([...feeds].map(([name, read]) => [name, read()]));
  const session = await engine.open(bytes, fed, request.title);
  try {
    const results = await session.fetch([...fetches.values()]);
    return new Map(
      [...fetches].map(([name, output]) => [name, given(results.get(output) as Tensor, request.types.get(name))]),
    );
  } finally {
    await session.release();
  }
}

/** What ONNX Runtime infers of the wanted tensors when it loads the model: their types, and their shapes so far as they are static. Nothing is read or run. */
export async function inspectGraph(engine: Engine, request: RunRequest): Promise<Map<string, RawMetadata>> {
  const { bytes, fetches } = compile(request, engine.holdsParameters);
  const outputs = new Map((await engine.inspect(bytes, request.title)).map((output) => [output.name, output]));
  return new Map([...fetches].map(([name, output]) => [name, outputs.get(output) as RawMetadata]));
}

interface Compiled {
  readonly bytes: Uint8Array;
  /** Input of the model → what reads its elements. */
  readonly feeds: ReadonlyMap<string, () => Tensor>;
  /** Wanted tensor → output of the model. */
  readonly fetches: ReadonlyMap<string, string>;
}

function compile({ graph, types, feed, wants, title }: RunRequest, holdsParameters: boolean): Compiled {
  const part = pruneGraph(graph, wants);
  const written = writtenInPlace(part);
  const feeds = new Map<string, () => Tensor>();
  const inputs: ValueInfo[] = [];
  const before: GraphNode[] = [];
  const supply = (name: string, source: TensorSource): void => {
    const crossing = source.dtype === 'bfloat16';
    const input = crossing ? `float32::${name}` : name;
    if (crossing) before.push(cast(input, name, 'bfloat16'));
    feeds.set(input, () => ownedIf(written.has(name), crossing ? asFloat32(source.read()) : source.read()));
    inputs.push({ name: input, dtype: crossing ? 'float32' : source.dtype, shape: [...source.shape] });
  };
  for (const { name } of part.inputs) supply(name, feed(name) ?? missing(name, title));
  const held = new Map(part.initializers);
  for (const [name, source] of part.initializers) {
    if (holdsParameters || staysInModel(source)) continue;
    held.delete(name);
    supply(name, source);
  }
  const { fetches, after } = outlets(wants, types, namesIn(part));
  const outputs = [...fetches.values()].map((name) => ({ name, dtype: null, shape: null }));
  const nodes = [...before, ...part.nodes, ...after];
  const opset = part.opset.has('') ? part.opset : new Map([...part.opset, ['', WORKING_OPSET] as const]);
  const model: Graph = { ...part, nodes, inputs, initializers: held, outputs, opset };
  return { bytes: encodeModel(model, { inline: () => true }), feeds, fetches };
}

const asFloat32 = (tensor: Tensor): Tensor => fromNumbers('float32', tensor.shape, toNumbers(tensor));
const ownedIf = (copy: boolean, tensor: Tensor): Tensor => (copy ? { ...tensor, data: tensor.data.slice() } : tensor);

/** How each wanted tensor leaves the graph. */
function outlets(wants: readonly string[], types: RunRequest['types'], present: ReadonlySet<string>) {
  const fetches = new Map<string, string>();
  const after: GraphNode[] = [];
  for (const name of wants) {
    const type = types.get(name) ?? null;
    if (!present.has(name)) throw unknownTensor(name);
    if (!mayCross(type)) throw cannotCross(name, type as string);
    const output = type === 'bfloat16' ? `float32::${name}::out` : name;
    if (output !== name) after.push(cast(name, output, 'float32'));
    fetches.set(name, output);
  }
  return { fetches, after };
}

/** Whether a tensor of the type can be fetched, if need be through a cast. What nobody knows is tried. */
export function mayCross(type: ElementName): boolean {
  return type === null || Object.hasOwn(BYTES, type);
}

function given(result: Tensor, type: ElementName | undefined): Tensor {
  return type === 'bfloat16' ? fromNumbers('bfloat16', result.shape, toNumbers(result)) : result;
}

function staysInModel(source: TensorSource): boolean {
  try {
    return !isFloat(source.dtype) || sizeOf(source.shape) * BYTES[source.dtype] <= INLINE_BYTES;
  } catch {
    // Of a type that only the model's own bytes can hold.
    return true;
  }
}

function missing(name: string, title: string): never {
  throw new LayerdiffError(
    'E_INPUT',
    name,
    `${title} needs this tensor, and it was not given`,
    'Give every input of the model.',
  );
}

function unknownTensor(name: string): LayerdiffError {
  return new LayerdiffError(
    'E_INPUT',
    name,
    'the model has no such tensor',
    'Use the names of the model ("layerdiff inspect" lists them).',
  );
}

function cannotCross(name: string, type: string): LayerdiffError {
  return new LayerdiffError(
    'E_UNSUPPORTED',
    name,
    `ONNX Runtime cannot pass ${type === 'unheld' ? 'tensors of this type' : type} to JavaScript`,
    `Compare other tensors: of ${Object.keys(BYTES).join(', ')}.`,
  );
}
