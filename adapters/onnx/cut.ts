import { LayerdiffError } from '../../harness/errors.ts';
import type { Attribute, Graph, GraphNode, ValueInfo } from '../../harness/types/graph.ts';
import { namesIn } from './names.ts';

/** What a cut tensor is called as an input. */
export const cutName = (name: string): string => `cut::${name}`;

/**
 * Cuts a graph: every use of a tensor in `names` reads a new graph input `cut::NAME`, also inside sub-graphs. What produced
 * it still does; graph outputs still give what is produced. The type of the new input is null where the graph does not say it.
 * @returns the cut graph, and the name of each new input with the tensor it stands for
 * @throws E_INPUT for a name that the graph does not have
 */
export function cutGraph(
  graph: Graph,
  names: ReadonlySet<string>,
): { graph: Graph; aliases: ReadonlyMap<string, string> } {
  const present = namesIn(graph);
  const missing = [...names].filter((name) => !present.has(name));
  if (missing.length > 0) {
    const remedy = 'Cut only tensors of the main graph: inputs, initializers, and outputs of its nodes.';
    throw new LayerdiffError('E_INPUT', `tensor "${missing.join('", "')}"`, 'is not in the graph', remedy);
  }
  const aliases = new Map([...names].map((name) => [cutName(name), name]));
  const known = new Map([...graph.inputs, ...graph.outputs].map((value) => [value.name, value]));
  const fed = [...names].map((name): ValueInfo => {
    const source = graph.initializers.get(name);
    const { dtype, shape } = source ?? known.get(name) ?? { dtype: null, shape: null };
    return { name: cutName(name), dtype, shape };
  });
  const nodes = graph.nodes.map((node) => rewrite(node, names));
  return { graph: { ...graph, nodes, inputs: [...graph.inputs, ...fed] }, aliases };
}

function rewrite(node: GraphNode, names: ReadonlySet<string>): GraphNode {
  const inputs = node.inputs.map((name) => (names.has(name) ? cutName(name) : name));
  const attributes: Record<string, Attribute> = {};
  for (const [key, attribute] of Object.entries(node.attributes)) {
    if (attribute.kind === 'graph') attributes[key] = { kind: 'graph', value: inside(attribute.value, names) };
    else if (attribute.kind === 'graphs') {
      attributes[key] = { kind: 'graphs', value: attribute.value.map((graph) => inside(graph, names)) };
    } else attributes[key] = attribute;
  }
  return { ...node, inputs, attributes };
}

/** A sub-graph reads outer tensors by name; a name that it gives to a tensor of its own is another one. */
function inside(graph: Graph, names: ReadonlySet<string>): Graph {
  const own = namesIn(graph);
  const visible = new Set([...names].filter((name) => !own.has(name)));
  if (visible.size === 0) return graph;
  const outputs = graph.outputs.map((value) =>
    visible.has(value.name) ? { ...value, name: cutName(value.name) } : value,
  );
  return { ...graph, nodes: graph.nodes.map((node) => rewrite(node, visible)), outputs };
}
