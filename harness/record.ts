import { findLoss } from './loss.ts';
import { sourceOf, isFloat } from './tensor.ts';
import type { Reference } from './types/adapter.ts';
import type { TensorSource } from './types/tensor.ts';
import type { Trace } from './types/trace.ts';

/**
 * The reference's own trace: every value, and every gradient of the loss where there is one.
 * @throws E_LOSS where the named loss is no scalar; E_NO_GRADIENT where an operator has no gradient rule
 */
export async function recordReference(
  reference: Reference,
  inputs: ReadonlyMap<string, TensorSource>,
  named: string | null,
): Promise<Trace> {
  const { graph } = reference;
  const types = await reference.describe(inputs);
  const loss = findLoss(graph, types, named);
  const computed = graph.nodes.flatMap((node) => node.outputs).filter((name) => types.has(name));
  const outer = [...graph.inputs.map(({ name }) => name), ...graph.initializers.keys()];
  const floats = [...outer, ...computed].filter((name) =>
    isFloat(types.get(name)?.dtype ?? graph.initializers.get(name)?.dtype ?? 'int64'),
  );
  const values = new Map<string, TensorSource>([...graph.initializers, ...inputs]);
  const gradients = new Map<string, TensorSource>();
  const request = {
    inputs,
    values: new Map(),
    gradients: new Map(),
    loss,
    wantValues: computed,
    wantGradients: loss === null ? [] : floats,
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
