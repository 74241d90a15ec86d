import type { LayerdiffError } from '../../harness/errors.ts';
import type { Graph, GraphNode, ValueInfo } from '../../harness/types/graph.ts';
import type { DataType, TensorSource } from '../../harness/types/tensor.ts';
import { type Backward, differentiate } from './differentiate.ts';
import { elementNumber } from './elements.ts';
import { liftGraph } from './lifting.ts';
import { readsOf } from './names.ts';
import { retyping } from './retype.ts';
import { type Concrete, int, WORKING_OPSET } from './rule.ts';

/** What to differentiate: a scalar, or (null) the outputs, whose gradients are then inputs `seed/NAME` of the new graph. */
export interface WithGradientsOptions {
  readonly loss: string | null;
  /** Tensors to start from where there is no loss. */
  readonly seeded: readonly string[];
  readonly wants: readonly string[];
}

/** A graph that computes what the original does, and the gradients of what is wanted as outputs `gradient/NAME`. */
export interface WithGradients {
  readonly graph: Graph;
  /** Wanted tensors that have an output. */
  readonly gradients: readonly string[];
  /** Wanted, but nothing leads from them to the loss. */
  readonly zero: readonly string[];
  /** Wanted, but no gradient can be had: why. */
  readonly refused: ReadonlyMap<string, LayerdiffError>;
  /** Tensors whose elements are written into the graph, though they follow from its inputs: it holds for these elements only. */
  readonly frozen: readonly string[];
}

/** Half types have few kernels and too few digits for sums: their gradients are computed in float32, and given in their own type. */
const wide = retyping(['float16', 'bfloat16'], 'float32');

/**
 * Joins a network and its backward graph into one, at WORKING_OPSET or the model's own newer operator set. Shapes are those of
 * `concrete`: the graph holds for these.
 * @param graph without control flow (`unrollControlFlow`)
 */
export function withGradients(graph: Graph, concrete: Concrete, options: WithGradientsOptions): WithGradients {
  const frozen = new Set<string>();
  const watched = watching(graph, concrete, frozen);
  const lifted = liftGraph(graph, watched);
  const seeds = new Map(options.seeded.map((name) => [name, `seed/${name}`]));
  const derived = differentiate(wide.graph(lifted), wide.concrete(watched), {
    loss: options.loss,
    seeds,
    wants: options.wants,
    aliases: new Map(),
    partial: true,
  });
  const { nodes, inputs, outputs, initializers } = join(lifted, derived, concrete, seeds);
  const newest = Math.max(WORKING_OPSET, graph.opset.get('') ?? WORKING_OPSET);
  return {
    graph: {
      name: `${graph.name} with gradients`,
      nodes,
      inputs,
      outputs,
      initializers,
      opset: new Map([...derived.graph.opset, ...lifted.opset, ['', newest]]),
    },
    gradients: [...derived.gradients.keys()],
    zero: derived.zero,
    refused: derived.refused,
    frozen: [...frozen],
  };
}

/** Notes which computed or fed tensors are asked for their elements. */
function watching(graph: Graph, concrete: Concrete, asked: Set<string>): Concrete {
  const fixed = new Set(graph.initializers.keys());
  for (const node of graph.nodes) {
    // What follows from shapes alone is fixed with them.
    const still = node.op === 'Shape' || node.op === 'Size' || readsOf(node).every((name) => fixed.has(name));
    if (still) for (const output of node.outputs) fixed.add(output);
  }
  return {
    ...concrete,
    constant(name) {
      const found = concrete.constant(name);
      if (found !== undefined && !fixed.has(name)) asked.add(name);
      return found;
    },
  };
}

function join(forward: Graph, derived: Backward, concrete: Concrete, seeds: ReadonlyMap<string, string>) {
  const made = new Set(forward.nodes.flatMap((node) => node.outputs));
  // Helpers of lifting are computed once.
  const own = derived.graph.nodes.filter((node) => !node.outputs.some((output) => made.has(output)));
  const narrow = new Map<string, GraphNode>();
  const rename = (name: string): string => {
    if (name === '' || !isForward(name) || wide.dtype(concrete.dtype(name)) === concrete.dtype(name)) return name;
    const widened = `float32::${name}`;
    narrow.set(widened, cast(name, widened, 'float32'));
    return widened;
  };
  const forwardNames = new Set([...made, ...forward.inputs.map(({ name }) => name), ...forward.initializers.keys()]);
  const ownNames = new Set(own.flatMap((node) => node.outputs));
  const helpers = (forward as { helpers?: ReadonlyMap<string, unknown> }).helpers;
  function isForward(name: string): boolean {
    return forwardNames.has(name) && !ownNames.has(name) && helpers?.has(name) !== true;
  }
  const { ends, outputs, direct } = outlets(derived, concrete);
  const backward = own.map((node) => ({
    ...node,
    inputs: node.inputs.map((name) => direct.get(name) ?? rename(name)),
    outputs: node.outputs.map((name) => direct.get(name) ?? name),
  }));
  const nodes = needed([...forward.nodes, ...narrow.values(), ...backward, ...ends], [...forward.outputs, ...outputs]);
  const read = new Set([...nodes.flatMap(readsOf), ...forward.outputs.map(({ name }) => name)]);
  const initializers = new Map<string, TensorSource>(
    [...derived.graph.initializers, ...forward.initializers].filter(([name]) => read.has(name)),
  );
  const fed = [...seeds]
    .filter(([, input]) => read.has(input))
    .map(([name, input]): ValueInfo => {
      return { name: input, dtype: wide.dtype(concrete.dtype(name)), shape: concrete.shape(name) };
    });
  const inputs = [...forward.inputs.map((input) => ({ ...input, shape: concrete.shape(input.name) })), ...fed];
  return { nodes, inputs, initializers, outputs: [...forward.outputs, ...outputs] };
}

interface Outlets {
  readonly ends: readonly GraphNode[];
  readonly outputs: readonly ValueInfo[];
  /** Tensors of the backward graph that need no node to become an output: only another name. */
  readonly direct: ReadonlyMap<string, string>;
}

/** Gradients under their own names and in their tensors' own types. */
function outlets({ gradients }: Backward, concrete: Concrete): Outlets {
  const ends: GraphNode[] = [];
  const outputs: ValueInfo[] = [];
  const direct = new Map<string, string>();
  for (const [name, from] of gradients) {
    const [to, dtype] = [`gradient/${name}`, concrete.dtype(name)];
    outputs.push({ name: to, dtype, shape: concrete.shape(name) });
    if (wide.dtype(dtype) !== dtype) ends.push(cast(from, to, dtype));
    else if (direct.has(from)) ends.push(identity(direct.get(from) as string, to));
    else direct.set(from, to);
  }
  // A gradient that is also cast keeps the name that the cast reads.
  return {
    ends: ends.map((node) => ({ ...node, inputs: node.inputs.map((name) => direct.get(name) ?? name) })),
    outputs,
    direct,
  };
}

/** Without the nodes that lead to no output: what a refused gradient had begun. */
function needed(nodes: readonly GraphNode[], outputs: readonly ValueInfo[]): GraphNode[] {
  const wanted = new Set(outputs.map(({ name }) => name));
  const kept = nodes.toReversed().filter((node) => {
    const used = node.outputs.some((output) => wanted.has(output));
    if (used) for (const name of readsOf(node)) wanted.add(name);
    return used;
  });
  return kept.toReversed();
}

const identity = (from: string, to: string): GraphNode => ({
  name: to,
  op: 'Identity',
  domain: '',
  inputs: [from],
  outputs: [to],
  attributes: {},
});

const cast = (from: string, to: string, dtype: DataType): GraphNode => ({
  ...identity(from, to),
  op: 'Cast',
  attributes: { to: int(elementNumber(dtype)) },
});
