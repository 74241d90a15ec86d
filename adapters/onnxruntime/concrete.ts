import { sizeOf } from '../../harness/shape.ts';
import { BYTES, isFloat, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { TensorType } from '../../harness/types/adapter.ts';
import type { DataType, Shape, Tensor, TensorSource } from '../../harness/types/tensor.ts';
import type { Concrete } from '../onnx/rule.ts';
import type { Engine } from './engine.ts';
import { type Cost, feedCounter, groupsOf } from './groups.ts';
import { type Shapes, lookUp } from './look-up.ts';
import { inferShapes, inferUnknownTypes, shapeName, shapeNode, type Typed } from './infer.ts';
import { type Origins, originsOf } from './origins.ts';
import type { Fed } from './request.ts';
import { mayCross, runGraph } from './run-graph.ts';
import { type ElementName, inferTypes } from './types.ts';

/** What a run made concrete, and what else is known of the graph it ran. */
export interface ConcreteRun extends Concrete {
  readonly types: ReadonlyMap<string, ElementName>;
  /** Every tensor of the graph whose shape and type are known. */
  readonly described: ReadonlyMap<string, TensorType>;
}

/** What one run showed of shapes, types and integers. */
export interface ShapeRun extends Shapes {
  /** True where no integer and no shape follows from floats: the same shapes and integers fed again then show the same. */
  readonly reusable: boolean;
}

/** What a graph is run with: each of its inputs, by name. */
export type Feeds = ReadonlyMap<string, TensorSource>;

/** A constant of more elements than this is a weight to compute with, not a number to know. */
const MOST_KNOWN_FLOATS = 1024;

/**
 * Learns the shape and type of every tensor, and the elements of integers, booleans and small constants.
 *
 * Most shapes follow from those of the inputs, which takes no run. Where they follow from integers, those are computed and put in
 * as constants; only where they follow from elements that are not (NonZero of an activation), the graph is run, and only the shapes are fetched.
 */
export async function findShapes(engine: Engine, part: Fed, groupBytes: number, title: string): Promise<ShapeRun> {
  const { feeds, aliases } = part;
  const graph = withTypes(part.graph, feeds);
  const types = inferTypes(graph);
  const typed: Typed = { engine, graph, types, feeds, title };
  const unknown = producedBy(graph).filter((name) => types.get(name) === null);
  if (unknown.length > 0) for (const [name, type] of await inferUnknownTypes(typed, unknown)) types.set(name, type);
  // What was recorded may be larger than memory: it is fed in parts. Inputs and parameters are there anyway.
  const fed = feedCounter(graph, (name) => (aliases.has(name) ? bytesOfFeed(feeds.get(name)) : 0));
  const origins = originsOf(graph);
  const search: Search = { ...typed, fed, groupBytes, origins };
  const { shapes, elements, ran } = await allShapes(search);
  const known = new Map(elements);
  const read = producedBy(graph).filter((name) => !known.has(name) && worthKnowing(name, types, shapes, origins.fixed));
  const own = (name: string): number => bytesIn(types.get(name) as DataType, shapes.get(name) as Shape);
  for await (const [name, tensor] of inGroups(search, graph, read, { own, fed })) known.set(name, tensor);
  const reusable = ![...read, ...ran].some((name) => origins.fromFloats.has(name));
  return { graph, types, shapes, elements: known, fixed: origins.fixed, reusable };
}

/**
 * What is known of a graph that is fed with `feeds`.
 *
 * @param aliases `cut::t` → t: where t is cut, its shape and elements are those that were fed
 */
export function concreteOf(run: ShapeRun, feeds: Feeds, aliases: ReadonlyMap<string, string>): ConcreteRun {
  return { ...lookUp(run, feeds, aliases), types: run.types };
}

/** The graph with its inputs' types as fed, where the model or the cut does not say them. */
function withTypes(graph: Graph, feeds: Feeds): Graph {
  return {
    ...graph,
    inputs: graph.inputs.map((input) => ({ ...input, dtype: feeds.get(input.name)?.dtype ?? input.dtype })),
  };
}

interface Search extends Typed {
  readonly fed: Cost['fed'];
  readonly groupBytes: number;
  readonly origins: Origins;
}

interface Found {
  readonly shapes: Map<string, Shape>;
  /** Integers that had to be computed for it. */
  readonly elements: ReadonlyMap<string, Tensor>;
  /** Tensors that had to be computed for it. */
  readonly ran: readonly string[];
}

async function allShapes(search: Search): Promise<Found> {
  const { graph, types, fed } = search;
  const names = producedBy(graph).filter((name) => hasShape(types.get(name) ?? null));
  const shapes = await inferShapes(search, names);
  const elements = new Map<string, Tensor>();
  if (shapes.size === names.length) return { shapes, elements, ran: [] };
  const integers = names.filter((name) => isKnowable(name, search));
  for await (const [name, tensor] of inGroups(search, graph, integers, { own: () => 0, fed }))
    elements.set(name, tensor);
  const folded = { ...search, graph: withConstants(graph, elements) };
  for (const [name, shape] of await inferShapes(
    folded,
    names.filter((n) => !elements.has(n)),
  ))
    shapes.set(name, shape);
  for (const [name, { shape }] of elements) shapes.set(name, shape);
  const ran = names.filter((name) => !shapes.has(name));
  await runForShapes(search, ran, shapes);
  return { shapes, elements, ran };
}

/** Integers that no float has a part in. */
function isKnowable(name: string, { types, origins }: Search): boolean {
  const type = types.get(name) ?? null;
  return isInteger(type) && !origins.fromFloats.has(name);
}

const isInteger = (type: ElementName): boolean =>
  type !== null && type !== 'string' && Object.hasOwn(BYTES, type) && !isFloat(type as DataType);

/** The graph with what is known written into it, instead of the nodes that compute it. */
function withConstants(graph: Graph, known: ReadonlyMap<string, Tensor>): Graph {
  const nodes = graph.nodes.filter((node) => node.outputs.some((output) => output !== '' && !known.has(output)));
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const constants = [...known].filter(([name]) => !made.has(name));
  const initializers = new Map([...graph.initializers, ...constants.map(([name, t]) => [name, sourceOf(t)] as const)]);
  return { ...graph, nodes, initializers };
}

async function runForShapes(search: Search, names: readonly string[], shapes: Map<string, Shape>): Promise<void> {
  const { graph, fed } = search;
  const tensors = new Map(names.map((name) => [shapeName(name), name]));
  const probed = { ...graph, nodes: [...graph.nodes, ...names.map(shapeNode)] };
  const cost: Cost = { own: () => 0, fed: (output, seen) => fed(tensors.get(output) as string, seen) };
  for await (const [output, shape] of inGroups(search, probed, [...tensors.keys()], cost)) {
    shapes.set(tensors.get(output) as string, [...toNumbers(shape)]);
  }
}

async function* inGroups(
  { engine, types, feeds, groupBytes, title }: Search,
  graph: Graph,
  names: readonly string[],
  cost: Cost,
): AsyncGenerator<[string, Tensor]> {
  for (const wants of groupsOf(names, cost, groupBytes)) {
    yield* await runGraph(engine, { graph, types, feed: (name) => feeds.get(name), wants, title });
  }
}

/** Bytes of a tensor in memory; strings are counted as 16 each. */
export const bytesIn = (dtype: DataType, shape: Shape): number => sizeOf(shape) * (BYTES[dtype] || 16);

const bytesOfFeed = (source: TensorSource | undefined): number => (source ? bytesIn(source.dtype, source.shape) : 0);

const hasShape = (type: ElementName): boolean => type !== 'sequence' && type !== 'optional';
const producedBy = (graph: Graph): string[] =>
  graph.nodes.flatMap((node) => node.outputs).filter((name) => name !== '');

function worthKnowing(
  name: string,
  types: ReadonlyMap<string, ElementName>,
  shapes: ReadonlyMap<string, Shape>,
  fixed: ReadonlySet<string>,
): boolean {
  const type = types.get(name) ?? null;
  const shape = shapes.get(name);
  if (shape === undefined || type === null || type === 'string' || !mayCross(type)) return false;
  return !isFloat(type as DataType) || (fixed.has(name) && sizeOf(shape) <= MOST_KNOWN_FLOATS);
}
