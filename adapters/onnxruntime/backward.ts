import { allocate, fromNumbers, sourceOf, toNumbers } from '../../harness/tensor.ts';
import { sizeOf } from '../../harness/shape.ts';
import type { ReplayRequest } from '../../harness/types/adapter.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { DataType, Tensor, TensorSource } from '../../harness/types/tensor.ts';
import type { Answer } from '../../harness/types/trace.ts';
import { type Backward, differentiate } from '../onnx/differentiate.ts';
import { readsOf } from '../onnx/index.ts';
import { liftGraph } from '../onnx/lifting.ts';
import type { Concrete } from '../onnx/rule.ts';
import { bytesIn } from './concrete.ts';
import { bytesOf, type Stage } from './forward.ts';
import { type Cost, feedCounter, groupsOf } from './groups.ts';
import { pruneGraph } from './prune.ts';
import { seedFor } from './request.ts';
import { runGraph } from './run-graph.ts';
import { inferTypes } from './types.ts';
import { widenConcrete, widened, widenGraph, widenSource } from './widen.ts';

/**
 * Total gradients, from the last layer to the first, in groups bounded in memory.
 *
 * The backward graph is a model of its own, at the working opset. It reads the values that the network's own forward run gives, in
 * its own opset: kernels of two opsets may differ by a rounding, and one rounding across a kink changes a gradient.
 */
export async function* backward(stage: Stage, request: ReplayRequest): AsyncGenerator<Answer> {
  const { concrete, prepared } = stage;
  const seeds = new Map(
    [...request.gradients].map(([name, source]) => [seedName(name), seedOf(name, source, concrete)]),
  );
  const derived = derive(stage, request);
  for (const [name, { message }] of derived.refused) request.refused?.(name, message);
  for (const name of derived.zero) yield { name, direction: 'backward', tensor: zeros(name, concrete) };
  const rank = ranks(prepared.graph, prepared.aliases);
  const wants = [...derived.gradients.keys()].toSorted((a, b) => (rank.get(b) ?? 0) - (rank.get(a) ?? 0));
  for (const group of groupsOf(wants, costOf(stage, derived, seeds), stage.groupBytes)) {
    yield* gradientsOf(stage, derived, seeds, group);
  }
}

const seedName = (name: string): string => `gradient::${name}`;

const seedOf = (name: string, source: TensorSource, concrete: Concrete): TensorSource =>
  seedFor(name, source, concrete.shape(name), widened(concrete.dtype(name)));

function derive({ prepared, concrete }: Stage, request: ReplayRequest): Backward {
  const graph = widenGraph(liftGraph(prepared.graph, concrete));
  return differentiate(graph, widenConcrete(concrete), {
    loss: request.loss,
    seeds: new Map([...request.gradients.keys()].map((name) => [name, seedName(name)])),
    wants: [...new Set(request.wantGradients)],
    aliases: prepared.aliases,
    partial: request.refused !== undefined,
  });
}

async function* gradientsOf(
  stage: Stage,
  derived: Backward,
  seeds: ReadonlyMap<string, TensorSource>,
  group: readonly string[],
): AsyncGenerator<Answer> {
  const { engine, prepared, concrete, title } = stage;
  const outputs = group.map((name) => derived.gradients.get(name) as string);
  const part = pruneGraph(derived.graph, outputs);
  const ready = (name: string): TensorSource | undefined =>
    seeds.get(name) ?? prepared.feeds.get(name) ?? prepared.graph.initializers.get(name);
  const computed = await valuesFor(
    stage,
    part.inputs.map(({ name }) => name).filter((name) => ready(name) === undefined),
  );
  const feed = (name: string): TensorSource | undefined => {
    const source = ready(name) ?? computed.get(name);
    return source && widenSource(source);
  };
  const types = inferTypes(part);
  const results = await runGraph(engine, {
    graph: part,
    types,
    feed,
    wants: outputs,
    title: `the backward pass of ${title}`,
  });
  for (const name of group) {
    const gradient = results.get(derived.gradients.get(name) as string) as Tensor;
    yield { name, direction: 'backward', tensor: narrowed(gradient, concrete.dtype(name)) };
  }
}

/** Forward values that the backward graph reads, as the network's own forward run gives them. */
async function valuesFor(stage: Stage, names: readonly string[]): Promise<ReadonlyMap<string, TensorSource>> {
  const { engine, prepared, concrete, title } = stage;
  const feed = (name: string) => prepared.feeds.get(name);
  const run = { graph: prepared.graph, types: concrete.types, feed, wants: names, title };
  const results = await runGraph(engine, run);
  return new Map([...results].map(([name, tensor]) => [name, sourceOf(tensor)]));
}

/** A gradient has the type of its tensor. */
function narrowed(gradient: Tensor, dtype: DataType): Tensor {
  return gradient.dtype === dtype ? gradient : fromNumbers(dtype, gradient.shape, toNumbers(gradient));
}

function zeros(name: string, concrete: Concrete): Tensor {
  const [dtype, shape] = [concrete.dtype(name), concrete.shape(name)];
  if (dtype === 'string') return { dtype, shape, data: Array.from({ length: sizeOf(shape) }, () => '') };
  return { dtype, shape, data: allocate(dtype, sizeOf(shape)) };
}

/** Where a tensor stands in order of execution: at the node that makes it, or, of inputs and parameters, at the first that reads it. */
function ranks(graph: Graph, aliases: ReadonlyMap<string, string>): Map<string, number> {
  const rank = new Map<string, number>();
  graph.nodes.forEach((node, position) => {
    for (const read of readsOf(node)) {
      const name = aliases.get(read) ?? read;
      if (!rank.has(name)) rank.set(name, position);
    }
    for (const output of node.outputs) rank.set(output, position);
  });
  return rank;
}

/** What a gradient costs: itself, and the seeds and activations that it is made of. Parameters are in memory anyway. */
function costOf(
  { prepared, concrete }: Stage,
  { graph, gradients }: Backward,
  seeds: ReadonlyMap<string, TensorSource>,
): Cost {
  const fed = feedCounter(graph, (name) => {
    if (graph.initializers.has(name) || prepared.graph.initializers.has(name)) return 0;
    const source = seeds.get(name) ?? prepared.feeds.get(name);
    return source ? bytesIn(source.dtype, source.shape) : bytesOf(concrete, name);
  });
  return {
    own: (name) => bytesIn(widened(concrete.dtype(name)), concrete.shape(name)),
    fed: (name, seen) => fed(gradients.get(name) as string, seen),
  };
}
