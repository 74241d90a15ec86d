import type { GraphNode, Wiring } from '../types/graph.ts';
import type { ForwardContext, RuleContext } from '../types/rule.ts';

/** How far back a tensor is followed to see that it is made of parameters alone. */
const MOST_STEPS = 16;

/** True for what does not depend on the network's inputs: a parameter, a constant, or something made of these alone. */
export function isParameter({ wiring }: { readonly wiring: Wiring }, name: string): boolean {
  const open = [name];
  for (let step = 0; open.length > 0; step++) {
    if (step > MOST_STEPS) return false;
    const next = open.pop() as string;
    if (next === '' || wiring.graph.initializers.has(next)) continue;
    const producer = wiring.producer.get(next);
    if (producer === undefined) return false;
    open.push(...producer.inputs);
  }
  return true;
}

/** The nodes that read what the node makes. */
export const readersOf = ({ wiring }: { readonly wiring: Wiring }, node: GraphNode): readonly GraphNode[] =>
  node.outputs.flatMap((name) => wiring.consumers.get(name) ?? []);

/** True where the subject recorded the tensor: what is read of it is the subject's own. */
export const isRecorded = (context: RuleContext, name: string): boolean => context.recorded('forward').includes(name);

/** The opset's way of a node may need its input's rank: 0 where it is absent. */
export const rankOf = ({ inputs }: ForwardContext, slot = 0): number => inputs[slot]?.shape.length ?? 0;
