import type { Attribute, Graph, GraphNode } from '../../harness/types/graph.ts';

/** The sub-graphs in a node's attributes (bodies of If, Loop, Scan), in the order of the attributes. */
export function subgraphsOf(node: GraphNode): readonly Graph[] {
  const found: Graph[] = [];
  for (const key in node.attributes) {
    const attribute = node.attributes[key];
    if (attribute?.kind === 'graph') found.push(attribute.value);
    else if (attribute?.kind === 'graphs') found.push(...attribute.value);
  }
  return found;
}

/** Every tensor that a node reads from the graph it stands in: its inputs, and what its sub-graphs read from outside. */
export function readsOf(node: GraphNode): readonly string[] {
  const graphs = subgraphsOf(node);
  const inputs = node.inputs.filter((name) => name !== '');
  return graphs.length === 0 ? inputs : [...new Set([...inputs, ...graphs.flatMap((graph) => [...outerReads(graph)])])];
}

const outer = new WeakMap<Graph, ReadonlySet<string>>();

/** The tensors that a sub-graph reads without producing them. */
export function outerReads(graph: Graph): ReadonlySet<string> {
  const known = outer.get(graph);
  if (known) return known;
  const own = namesIn(graph);
  const reads = new Set<string>();
  for (const node of graph.nodes) for (const name of readsOf(node)) if (!own.has(name)) reads.add(name);
  for (const { name } of graph.outputs) if (!own.has(name)) reads.add(name);
  outer.set(graph, reads);
  return reads;
}

/** The tensors that exist in a graph: inputs, initializers, and what its nodes produce. Not those of sub-graphs. */
export function namesIn(graph: Graph): ReadonlySet<string> {
  const names = new Set(graph.initializers.keys());
  for (const { name } of graph.inputs) names.add(name);
  for (const node of graph.nodes) for (const name of node.outputs) if (name !== '') names.add(name);
  return names;
}

/** The node, reading other tensors: `rename` is asked of everything it reads, also inside sub-graphs, where a tensor of their own keeps its name. */
export function rewire(node: GraphNode, rename: (name: string) => string): GraphNode {
  const inputs = node.inputs.map((name) => (name === '' ? '' : rename(name)));
  if (subgraphsOf(node).length === 0) return { ...node, inputs };
  const attributes = Object.entries(node.attributes).map(([key, attribute]): [string, Attribute] => {
    if (attribute.kind === 'graph') return [key, { kind: 'graph', value: rewireGraph(attribute.value, rename) }];
    if (attribute.kind !== 'graphs') return [key, attribute];
    return [key, { kind: 'graphs', value: attribute.value.map((graph) => rewireGraph(graph, rename)) }];
  });
  return { ...node, inputs, attributes: Object.fromEntries(attributes) };
}

function rewireGraph(graph: Graph, rename: (name: string) => string): Graph {
  const own = namesIn(graph);
  const outside = (name: string): string => (own.has(name) ? name : rename(name));
  const outputs = graph.outputs.map((value) => {
    const name = outside(value.name);
    return name === value.name ? value : { ...value, name };
  });
  return { ...graph, nodes: graph.nodes.map((node) => rewire(node, outside)), outputs };
}
