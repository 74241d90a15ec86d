import { LayerdiffError } from '../../harness/errors.ts';
import type { Graph, ValueInfo } from '../../harness/types/graph.ts';
import { namesIn, rewire } from './names.ts';

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
  const nodes = graph.nodes.map((node) => rewire(node, (name) => (names.has(name) ? cutName(name) : name)));
  return { graph: { ...graph, nodes, inputs: [...graph.inputs, ...fed] }, aliases };
}
