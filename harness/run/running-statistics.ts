import { intAttribute } from '../attributes.ts';
import { sameShape } from '../shape.ts';
import { fromNumbers, isFloat, sourceOf, toNumbers } from '../tensor.ts';
import type { Graph, GraphNode } from '../types/graph.ts';
import type { TensorSource } from '../types/tensor.ts';
import type { Trace } from '../types/trace.ts';

/** The statistics that batch normalisation hands on: names of their slots, the input that holds the old, the output that is the new. */
const STATISTICS = [
  { slots: ['running_mean', 'moving_mean'], input: 3, output: 1 },
  { slots: ['running_var', 'moving_variance', 'running_variance'], input: 4, output: 2 },
] as const;

/**
 * The trace with batch normalisation's running statistics as values: `state/bn1/running_mean` (after the step), or `update/bn1.running_mean`,
 * is the output of its node, and is judged as any other. A layer is known by its node's, its output's or its statistics' name.
 */
export function withRunningStatistics(trace: Trace, graph: Graph, map: ReadonlyMap<string, string>): Trace {
  const values = new Map(trace.values);
  const updates = new Map(trace.updates);
  const recorded = new Set([...values.keys()].map((name) => map.get(name) ?? name));
  for (const node of graph.nodes) {
    if (node.op !== 'BatchNormalization' || intAttribute(node.attributes, 'training_mode', 0) === 0) continue;
    for (const { slots, input, output } of STATISTICS) {
      const [old, next] = [node.inputs[input], node.outputs[output]];
      if (old === undefined || next === undefined || next === '') continue;
      const update = [...updates.keys()].find((name) => (map.get(name) ?? name) === old);
      const before = trace.values.get(old) ?? graph.initializers.get(old);
      const found =
        stateOf(trace, node, slots, old, map) ?? moved(before, update === undefined ? undefined : updates.get(update));
      if (update !== undefined) updates.delete(update);
      if (found !== null && before !== undefined && sameShape(found.shape, before.shape) && !recorded.has(next))
        values.set(next, found);
    }
  }
  return values.size === trace.values.size && updates.size === trace.updates.size
    ? trace
    : { ...trace, values, updates };
}

function stateOf(
  { states }: Trace,
  node: GraphNode,
  slots: readonly string[],
  old: string,
  map: ReadonlyMap<string, string>,
): TensorSource | null {
  const layers = [
    node.name,
    node.outputs[0],
    old,
    ...slots.map((slot) => (old.endsWith(`.${slot}`) ? old.slice(0, -slot.length - 1) : old)),
  ];
  for (const [name, source] of states) {
    const cut = name.lastIndexOf('/');
    const layer = name.slice(0, cut);
    if (slots.includes(name.slice(cut + 1)) && (layers.includes(layer) || layers.includes(map.get(layer))))
      return source;
  }
  return null;
}

/** Old plus update, in the type of the old. */
function moved(old: TensorSource | undefined, update: TensorSource | undefined): TensorSource | null {
  if (old === undefined || update === undefined || !isFloat(old.dtype) || !sameShape(old.shape, update.shape))
    return null;
  const step = toNumbers(update.read());
  return sourceOf(
    fromNumbers(
      old.dtype,
      old.shape,
      toNumbers(old.read()).map((x, i) => x + (step[i] as number)),
    ),
  );
}
