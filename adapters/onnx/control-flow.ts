import { sourceOf } from '../../harness/tensor.ts';
import type { Attributes, Graph, GraphNode } from '../../harness/types/graph.ts';
import type { Tensor, TensorSource } from '../../harness/types/tensor.ts';
import { namesIn, rewire } from './names.ts';
import type { Concrete } from './rule.ts';
import { unrollIf, unrollLoop, unrollScan } from './unrolling.ts';

/** Where the nodes of a body go, once for every time that it runs. */
export interface Unrolling {
  readonly node: GraphNode;
  readonly concrete: Concrete;
  readonly opset: number;
  /** Adds a node under a name that says where it comes from, with outputs of the given names; `''` makes one up. */
  emit(op: string, inputs: readonly string[], outputs: readonly string[], attributes?: Attributes): string;
  constant(tensor: Tensor): string;
  /** Adds one run of a body: `inputs` are what its own inputs stand for. Returns what its outputs are. */
  run(body: Graph, inputs: readonly string[], turn: string): readonly string[];
}

/** Adds the nodes that a node of control flow ran. False, and nothing added, where that is not known. */
export type Unroller = (unrolling: Unrolling) => boolean;

const UNROLLERS: Readonly<Record<string, Unroller>> = { If: unrollIf, Loop: unrollLoop, Scan: unrollScan };

/**
 * Writes out what If, Loop and Scan ran: the branch that was taken, the body once a turn. The result computes the same, in the
 * same operator sets, and has no sub-graph left where condition and trip count are known; where not, the node stays. Nodes
 * and tensors of bodies are named after the node, the turn and themselves. Bodies may hold control flow in turn: it is
 * written out by a second call, once their tensors are known too.
 * @returns the same object where nothing could be written out
 */
export function unrollControlFlow(graph: Graph, concrete: Concrete): Graph {
  const nodes: GraphNode[] = [];
  const initializers = new Map<string, TensorSource>(graph.initializers);
  const taken = new Set(namesIn(graph));
  let changed = false;
  for (const node of graph.nodes) {
    const unroller = node.domain === '' ? UNROLLERS[node.op] : undefined;
    if (unroller?.(unrollingOf(node, graph, concrete, { nodes, initializers, taken }))) changed = true;
    else nodes.push(node);
  }
  return changed ? { ...graph, nodes, initializers } : graph;
}

interface Written {
  readonly nodes: GraphNode[];
  readonly initializers: Map<string, TensorSource>;
  readonly taken: Set<string>;
}

function unrollingOf(node: GraphNode, graph: Graph, concrete: Concrete, written: Written): Unrolling {
  const fresh = (wish: string): string => {
    let name = wish;
    while (written.taken.has(name)) name += '_';
    written.taken.add(name);
    return name;
  };
  const weights = new Map<string, string>();
  return {
    node,
    concrete,
    opset: graph.opset.get('') ?? 1,
    emit(op, inputs, outputs, attributes = {}) {
      const name = `${node.name}/${op}_${written.nodes.length}`;
      const names = outputs.map((output) => output || fresh(name));
      written.nodes.push({ name, op, domain: '', inputs, outputs: names, attributes });
      return names[0] as string;
    },
    constant(tensor) {
      const name = fresh(`${node.name}/constant_${written.initializers.size}`);
      written.initializers.set(name, sourceOf(tensor));
      return name;
    },
    run(body, inputs, turn) {
      const names = new Map(body.inputs.map(({ name }, i) => [name, inputs[i] ?? '']));
      for (const [name, source] of body.initializers) {
        // One copy for all turns.
        const shared = weights.get(name) ?? fresh(`${node.name}/${name}`);
        weights.set(name, shared);
        written.initializers.set(shared, source);
        names.set(name, shared);
      }
      for (const name of body.nodes.flatMap(({ outputs }) => outputs)) {
        if (name !== '') names.set(name, fresh(`${node.name}/${turn}${name}`));
      }
      const rename = (name: string): string => names.get(name) ?? name;
      for (const inner of body.nodes) {
        const name = `${node.name}/${turn}${inner.name}`;
        written.nodes.push({ ...rewire(inner, rename), name, outputs: inner.outputs.map(rename) });
      }
      return body.outputs.map(({ name }) => rename(name));
    },
  };
}
