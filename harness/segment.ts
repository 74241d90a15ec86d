import { readsOf } from './graph.ts';
import type { Graph, GraphNode, Wiring } from './types/graph.ts';
import type { OracleRequest } from './types/oracle.ts';
import type { Direction } from './types/trace.ts';

/**
 * The part of the graph that decides one recorded tensor: forward, what lies between it and the recorded values before it; backward,
 * what lies between it and the recorded gradients after it, with what that needs of the forward pass.
 */
export function segmentGraph(wiring: Wiring, request: OracleRequest, tensor: string, direction: Direction): Graph {
  const needed = new Set<GraphNode>();
  if (direction === 'forward') addMakers(wiring, request, producerOf(wiring, tensor), needed);
  else for (const node of readersBack(wiring, request, tensor)) addMakers(wiring, request, node, needed);
  const place = (node: GraphNode): number => wiring.position.get(node) as number;
  return { ...wiring.graph, nodes: [...needed].sort((a, b) => place(a) - place(b)) };
}

/** The nodes of the segment in which the fault may lie: those that make the tensor, or those that send its gradient back. */
export function suspects(
  wiring: Wiring,
  request: OracleRequest,
  tensor: string,
  direction: Direction,
): readonly GraphNode[] {
  if (direction === 'backward') return readersBack(wiring, request, tensor);
  const needed = new Set<GraphNode>();
  addMakers(wiring, request, producerOf(wiring, tensor), needed);
  return [...needed].sort((a, b) => (wiring.position.get(b) as number) - (wiring.position.get(a) as number));
}

const producerOf = (wiring: Wiring, tensor: string): GraphNode | undefined => wiring.producer.get(tensor);

/** The node, and what makes those of its inputs that are not recorded. */
function addMakers(wiring: Wiring, request: OracleRequest, from: GraphNode | undefined, needed: Set<GraphNode>): void {
  const open = from === undefined ? [] : [from];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    for (const name of readsOf(node)) {
      const maker = request.values.has(name) ? undefined : wiring.producer.get(name);
      if (maker !== undefined) open.push(maker);
    }
  }
}

/** The nodes through which the tensor's gradient comes, back from the nearest recorded gradients. */
function readersBack(wiring: Wiring, request: OracleRequest, tensor: string): readonly GraphNode[] {
  const found = new Set<GraphNode>();
  const open = [...(wiring.consumers.get(tensor) ?? [])];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    for (const output of node.outputs) {
      if (output === '' || request.gradients.has(output) || output === request.loss) continue;
      open.push(...(wiring.consumers.get(output) ?? []));
    }
  }
  return [...found];
}
