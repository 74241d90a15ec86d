import { sizeOf } from '../../harness/shape.ts';
import { BYTES, isFloat, toNumbers } from '../../harness/tensor.ts';
import type { Graph, GraphNode } from '../../harness/types/graph.ts';
import type { TensorType } from '../../harness/types/adapter.ts';
import type { DataType, Shape, Tensor, TensorSource } from '../../harness/types/tensor.ts';
import type { Concrete } from '../onnx/rule.ts';
import type { Engine } from './engine.ts';
import { type Cost, feedCounter, groupsOf } from './groups.ts';
import { type Shapes, lookUp } from './look-up.ts';
import { originsOf } from './origins.ts';
import type { Fed } from './request.ts';
import { mayCross, runGraph, typesOf } from './run-graph.ts';
import { type ElementName, inferTypes } from './types.ts';

/** What a run made concrete, and what else is known of the graph it ran. */
export interface ConcreteRun extends Concrete {
  readonly types: ReadonlyMap<string, ElementName>;
  /** Every tensor of the graph whose shape and type are known. */
  readonly described: ReadonlyMap<string, TensorType>;
}

/** What one run showed of shapes, types and integers. */
export interface ShapeRun extends Shapes {
  /** True where no integer follows from floats: the same shapes and integers fed again then show the same. */
  readonly reusable: boolean;
}

/** What a graph is run with: each of its inputs, by name. */
export type Feeds = ReadonlyMap<string, TensorSource>;

/** A constant of more elements than this is a weight to compute with, not a number to know. */
const MOST_KNOWN_FLOATS = 1024;

/**
 * Runs a graph once to learn the shape and type of every tensor, and the elements of integers, booleans and small constants.
 * Only shapes come out of the run (a Shape node on every tensor), so that memory does not grow with the activations.
 */
export async function findShapes(engine: Engine, part: Fed, groupBytes: number): Promise<ShapeRun> {
  const { graph, feeds, aliases } = part;
  const typed = withTypes(graph, feeds);
  const types = await completeTypes(engine, typed, feeds);
  // What was recorded may be larger than memory: it is fed in parts. Inputs and parameters are there anyway.
  const fed = feedCounter(typed, (name) => (aliases.has(name) ? bytesOfFeed(feeds.get(name)) : 0));
  const run = { engine, graph: typed, types, feeds, fed, groupBytes };
  const shapes = await shapesOf(run);
  const origins = originsOf(typed);
  const known = new Map<string, Tensor>();
  const read = producedBy(typed).filter((name) => worthKnowing(name, types, shapes, origins.fixed));
  const bytes = (name: string): number => bytesIn(types.get(name) as DataType, shapes.get(name) as Shape);
  for await (const [name, tensor] of inGroups(run, typed, read, { own: bytes, fed })) known.set(name, tensor);
  const reusable = !read.some((name) => origins.fromFloats.has(name));
  return { graph: typed, types, shapes, elements: known, fixed: origins.fixed, reusable };
}

/**
 * What is known of a graph that is fed with `feeds`.
 *
 * @param aliases `cut::t` → t: where t is cut, its shape and elements are those that were fed
 */
export function concreteOf(run: ShapeRun, feeds: Feeds, aliases: ReadonlyMap<string, string>): ConcreteRun {
  return { ...lookUp(run, feeds, aliases), types: run.types };
}

const TITLE = 'the run that finds the shapes';

/** The graph with its inputs' types as fed, where the model or the cut does not say them. */
function withTypes(graph: Graph, feeds: Feeds): Graph {
  return {
    ...graph,
    inputs: graph.inputs.map((input) => ({ ...input, dtype: feeds.get(input.name)?.dtype ?? input.dtype })),
  };
}

/** Types that the standard's rules do not give (operators of other domains, sequence elements) are asked of ONNX Runtime. */
async function completeTypes(engine: Engine, graph: Graph, feeds: Feeds): Promise<Map<string, ElementName>> {
  const types = inferTypes(graph);
  const unknown = producedBy(graph).filter((name) => types.get(name) === null);
  if (unknown.length === 0) return types;
  const found = await typesOf(engine, { graph, types, feed: (name) => feeds.get(name), wants: unknown, title: TITLE });
  for (const [name, type] of found) types.set(name, type ?? 'sequence');
  return types;
}

async function shapesOf(run: Run): Promise<Map<string, Shape>> {
  const { graph, types, fed } = run;
  const names = producedBy(graph).filter((name) => hasShape(types.get(name) ?? null));
  const probes = new Map(names.map((name) => [probe(name), name]));
  const nodes = [...probes].map(([output, name]) => shapeNode(name, output));
  const probed = { ...graph, nodes: [...graph.nodes, ...nodes] };
  const cost: Cost = { own: () => 0, fed: (output, seen) => fed(probes.get(output) as string, seen) };
  const shapes = new Map<string, Shape>();
  for await (const [output, shape] of inGroups(run, probed, [...probes.keys()], cost)) {
    shapes.set(probes.get(output) as string, [...toNumbers(shape)]);
  }
  return shapes;
}

interface Run {
  readonly engine: Engine;
  readonly graph: Graph;
  readonly types: ReadonlyMap<string, ElementName>;
  readonly feeds: Feeds;
  readonly fed: Cost['fed'];
  readonly groupBytes: number;
}

async function* inGroups(
  run: Run,
  graph: Graph,
  names: readonly string[],
  cost: Cost,
): AsyncGenerator<[string, Tensor]> {
  const { engine, types, feeds, groupBytes } = run;
  for (const wants of groupsOf(names, cost, groupBytes)) {
    yield* await runGraph(engine, { graph, types, feed: (name) => feeds.get(name), wants, title: TITLE });
  }
}

const shapeNode = (input: string, output: string): GraphNode => ({
  name: output,
  op: 'Shape',
  domain: '',
  inputs: [input],
  outputs: [output],
  attributes: {},
});

/** Bytes of a tensor in memory; strings are counted as 16 each. */
export const bytesIn = (dtype: DataType, shape: Shape): number => sizeOf(shape) * (BYTES[dtype] || 16);

const bytesOfFeed = (source: TensorSource | undefined): number => (source ? bytesIn(source.dtype, source.shape) : 0);

const probe = (name: string): string => `shape::${name}`;
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
