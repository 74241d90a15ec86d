import type { Graph, GraphNode } from '../../harness/types/graph.ts';
import { readsOf } from '../onnx/index.ts';

/** The part of a graph that computes `wants`: its outputs are those, and it has only the inputs and initializers that they need. */
export function pruneGraph(graph: Graph, wants: readonly string[]): Graph {
  const needed = new Set(wants);
  const kept: GraphNode[] = [];
  for (let k = graph.nodes.length - 1; k >= 0; k--) {
    const node = graph.nodes[k] as GraphNode;
    if (!node.outputs.some((output) => needed.has(output))) continue;
    kept.push(node);
    for (const name of readsOf(node)) needed.add(name);
  }
  return {
    ...graph,
    nodes: kept.toReversed(),
    inputs: graph.inputs.filter(({ name }) => needed.has(name)),
    initializers: new Map([...graph.initializers].filter(([name]) => needed.has(name))),
    outputs: wants.map((name) => ({ name, dtype: null, shape: null })),
  };
}
