import { findLoss } from './loss.ts';
import { sourceOf, isFloat } from './tensor.ts';
import type { Reference, ReplayRequest, TensorType } from './types/adapter.ts';
import type { Graph } from './types/graph.ts';
import type { TensorSource } from './types/tensor.ts';
import type { Trace } from './types/trace.ts';

/** What is recorded, where it is not all. */
export interface RecordOptions {
  /** Gradients that the backward pass starts from, where there is no loss; recorded as they are. */
  readonly seeds?: ReadonlyMap<string, TensorSource>;
  /** Which of the computed tensors (default: every one). */
  readonly only?: ReadonlySet<string>;
  /** Hears of each gradient that cannot be had, which is then not recorded. Without it the first such is an error. */
  readonly refused?: NonNullable<ReplayRequest['refused']>;
}

/**
 * The reference's own trace: every value, and every gradient of the loss where there is one.
 * @throws E_LOSS where the named loss is no scalar; E_NO_GRADIENT where an operator has no gradient rule
 */
export async function recordReference(
  reference: Reference,
  inputs: ReadonlyMap<string, TensorSource>,
  named: string | null,
  { seeds = new Map(), only, refused }: RecordOptions = {},
): Promise<Trace> {
  const { graph } = reference;
  const types = await reference.describe(inputs);
  const starts = named === null && seeds.size > 0;
  const loss = starts ? null : findLoss(graph, types, named);
  const made = graph.nodes.flatMap((node) => node.outputs).filter((name) => types.has(name));
  const computed = only === undefined ? made : made.filter((name) => only.has(name));
  const values = new Map<string, TensorSource>([...graph.initializers, ...inputs]);
  const gradients = new Map<string, TensorSource>(starts ? seeds : []);
  const request = {
    inputs,
    values: new Map(),
    gradients: new Map(gradients),
    loss,
    wantValues: computed,
    wantGradients: loss === null && !starts ? [] : floatsOf(graph, types, computed, gradients),
    ...(refused === undefined ? {} : { refused }),
  };
  for await (const { name, direction, tensor } of reference.replay(request)) {
    (direction === 'forward' ? values : gradients).set(name, sourceOf(tensor));
  }
  const order = [...graph.inputs.map(({ name }) => name), ...computed];
  const metadata = {
    producer: `${reference.kind} ${reference.version}`,
    order,
    iteration: 0,
    axes: new Map(),
    groups: new Map(),
  };
  return { values, gradients, updates: new Map(), states: new Map(), metadata };
}

/** Inputs, parameters and computed tensors that can have a gradient; one that is given is not asked for. */
function floatsOf(
  graph: Graph,
  types: ReadonlyMap<string, TensorType>,
  computed: readonly string[],
  given: ReadonlyMap<string, TensorSource>,
): readonly string[] {
  const outer = [...graph.inputs.map(({ name }) => name), ...graph.initializers.keys()];
  const dtype = (name: string) => types.get(name)?.dtype ?? graph.initializers.get(name)?.dtype ?? 'int64';
  return [...outer, ...computed].filter((name) => isFloat(dtype(name)) && !given.has(name));
}
