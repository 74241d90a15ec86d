import { isFloat } from '../../harness/tensor.ts';
import type { Graph, GraphNode, ValueInfo } from '../../harness/types/graph.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import type { Draft } from './emitter.ts';
import type { LiftedGraph } from './lifting.ts';
import { readsOf } from './names.ts';
import { type Concrete, WORKING_OPSET } from './rule.ts';

/** The forward side of a backward graph. */
export interface Differentiated {
  readonly graph: Graph;
  readonly concrete: Concrete;
  /** Tensor → name of the backward graph's input that holds its gradient. */
  readonly seeds: ReadonlyMap<string, string>;
  /** What a cut tensor's input stands for; any other name is its own. */
  readonly original: (name: string) => string;
}

/** What the backward nodes read but do not make becomes an input, or an initializer where it is one of the forward graph that is not fed. */
export function assembleBackward(
  { graph, concrete, seeds, original }: Differentiated,
  draft: Draft,
  outputs: readonly ValueInfo[],
): Graph {
  const seeded = new Map([...seeds].map(([tensor, seed]) => [seed, tensor]));
  const initializers = new Map<string, TensorSource>();
  const inputs = new Map<string, ValueInfo>();
  const nodes = [...recomputed(graph, draft), ...draft.nodes];
  const made = new Set(nodes.flatMap((node) => node.outputs));
  for (const name of nodes.flatMap(readsOf)) {
    if (name === '' || made.has(name) || inputs.has(name) || initializers.has(name)) continue;
    const constant = draft.constants.get(name) ?? unfed(name, graph);
    const tensor = seeded.get(name) ?? original(name);
    if (constant !== undefined) initializers.set(name, constant);
    else inputs.set(name, { name, dtype: concrete.dtype(tensor), shape: concrete.shape(tensor) });
  }
  return {
    name: `backward of ${graph.name}`,
    nodes,
    inputs: [...inputs.values()],
    outputs,
    initializers,
    opset: opsetOf(graph, draft),
  };
}

/** What lifting computes on its way is in no forward run: the backward graph computes it again. */
function recomputed({ nodes, helpers }: Graph & Partial<LiftedGraph>, draft: Draft): GraphNode[] {
  const read = new Set(draft.nodes.flatMap(readsOf));
  const found = nodes.toReversed().filter((node) => {
    const helps = node.outputs.some((output) => helpers?.has(output) && read.has(output));
    if (helps) for (const input of node.inputs) read.add(input);
    return helps;
  });
  return found.toReversed();
}

/** Shapes, axes, indices, and the constants of lifting: small enough to stand in the backward model itself. */
function unfed(name: string, { initializers, helpers }: Graph & Partial<LiftedGraph>): TensorSource | undefined {
  const initializer = initializers.get(name);
  const stays = initializer !== undefined && (helpers?.has(name) || !isFloat(initializer.dtype));
  return stays ? initializer : undefined;
}

function opsetOf(graph: Graph, draft: Draft): Map<string, number> {
  const opset = new Map([['', WORKING_OPSET]]);
  for (const { domain } of draft.nodes) if (domain !== '') opset.set(domain, graph.opset.get(domain) ?? 1);
  return opset;
}

/** The wish, with primes until no name of the graph begins with it. */
export function freePrefix(graph: Graph, wish = 'grad'): string {
  const names = [...graph.nodes.flatMap((node) => node.outputs), ...graph.inputs.map((input) => input.name)];
  names.push(...graph.initializers.keys());
  let prefix = wish;
  while (names.some((name) => name.startsWith(`${prefix}:`))) prefix += "'";
  return prefix;
}
