import type { Graph, GraphNode } from '../../harness/types/graph.ts';
import type { Shape, TensorSource } from '../../harness/types/tensor.ts';
import type { Engine } from './engine.ts';
import { inspectGraph } from './run-graph.ts';
import type { ElementName } from './types.ts';

/** A graph, its element types so far as known, and what its inputs will be fed with. */
export interface Typed {
  readonly engine: Engine;
  readonly graph: Graph;
  readonly types: ReadonlyMap<string, ElementName>;
  readonly feeds: ReadonlyMap<string, TensorSource>;
  readonly title: string;
}

/** A node that says the shape of a tensor. */
export const shapeNode = (tensor: string): GraphNode => ({
  name: shapeName(tensor),
  op: 'Shape',
  domain: '',
  inputs: [tensor],
  outputs: [shapeName(tensor)],
  attributes: {},
});

export const shapeName = (tensor: string): string => `shape::${tensor}`;

/** Shapes of those of the named tensors for which ONNX Runtime knows them from the shapes of the inputs alone, without a run. */
export async function inferShapes(typed: Typed, names: readonly string[]): Promise<Map<string, Shape>> {
  const { engine, graph, types, feeds, title } = typed;
  if (names.length === 0) return new Map();
  // Of a scalar ONNX Runtime says the same as of an unknown rank: the length of its shape tells them apart.
  const probed = { ...graph, nodes: [...graph.nodes, ...names.map(shapeNode)] };
  const wants = [...names, ...names.map(shapeName)];
  const seen = await inspectGraph(engine, { graph: probed, types, feed: (name) => feeds.get(name), wants, title });
  const shapes = new Map<string, Shape>();
  for (const name of names) {
    const shape = seen.get(name)?.shape ?? [];
    const rank = seen.get(shapeName(name))?.shape?.[0];
    if (rank === shape.length && shape.every((d) => typeof d === 'number')) shapes.set(name, shape as Shape);
  }
  return shapes;
}

/** The types of tensors for which the standard's rules give none (operators of other domains, elements of sequences). */
export async function inferUnknownTypes(typed: Typed, names: readonly string[]): Promise<Map<string, ElementName>> {
  const { engine, graph, types, feeds, title } = typed;
  try {
    const seen = await inspectGraph(engine, { graph, types, feed: (name) => feeds.get(name), wants: names, title });
    return new Map([...seen].map(([name, { type }]) => [name, type ?? 'sequence']));
  } catch (error) {
    if (names.length === 1) return new Map([[names[0] as string, 'unheld']]);
    // One that it has no name for makes it refuse all: they are asked for one by one.
    const single: (readonly [string, ElementName])[] = [];
    for (const name of names) single.push(...(await inferUnknownTypes(typed, [name])));
    if (single.every(([, type]) => type === 'unheld')) throw error;
    return new Map(single);
  }
}
