import type { GraphNode } from '../../harness/types/graph.ts';
import { at, invalid } from './faults.ts';
import { readsOf } from './names.ts';

/**
 * The nodes in an order in which every tensor is produced before it is used: the file's own order where that is one.
 * @param known tensors that exist before any node runs
 * @param elsewhere true for a tensor that an enclosing graph may produce
 * @throws E_MODEL naming node and tensor for a tensor produced twice, read but produced nowhere, or needed for itself
 */
export function sortNodes(
  nodes: readonly GraphNode[],
  known: ReadonlySet<string>,
  elsewhere: boolean,
  place: string,
): GraphNode[] {
  const producers = producersOf(nodes, known, place);
  const reads = nodes.map(readsOf);
  const sorted: GraphNode[] = [];
  // 0 not reached, 1 on the way, 2 done. An explicit stack: real networks are deeper than the call stack.
  const state = new Uint8Array(nodes.length);
  const cursor = new Uint32Array(nodes.length);
  const stack: number[] = [];
  for (let start = 0; start < nodes.length; start++) {
    if (state[start] === 0) stack.push(start);
    while (stack.length > 0) {
      const i = stack[stack.length - 1] as number;
      state[i] = 1;
      const name = (reads[i] as readonly string[])[cursor[i] as number];
      cursor[i] = (cursor[i] as number) + 1;
      if (name === undefined) {
        state[i] = 2;
        sorted.push(nodes[i] as GraphNode);
        stack.pop();
        continue;
      }
      const producer = producers.get(name);
      if (producer !== undefined && state[producer] === 0) stack.push(producer);
      else if (producer !== undefined && state[producer] === 1) throw cycle(nodes[i] as GraphNode, name, place);
      else if (producer === undefined && !known.has(name) && !elsewhere)
        throw dangling(nodes[i] as GraphNode, name, place);
    }
  }
  return sorted;
}

function producersOf(nodes: readonly GraphNode[], known: ReadonlySet<string>, place: string): Map<string, number> {
  const producers = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const name of node.outputs) {
      if (name === '') continue;
      if (producers.has(name) || known.has(name)) {
        const other = nodes[producers.get(name) ?? -1];
        const twice = other ? `node "${other.name}" produces it too` : 'it is an input or initializer too';
        throw invalid(at(place, 'node', node.name), `produces tensor "${name}", but ${twice}`);
      }
      producers.set(name, i);
    }
  });
  return producers;
}

const cycle = (node: GraphNode, name: string, place: string): Error =>
  invalid(at(place, 'node', node.name), `needs tensor "${name}", which needs this node's own result: a cycle`);

const dangling = (node: GraphNode, name: string, place: string): Error =>
  invalid(at(place, 'node', node.name), `reads tensor "${name}", which nothing produces`);
