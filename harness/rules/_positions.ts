import type { Wiring } from '../types/graph.ts';
import type { ForwardContext } from '../types/rule.ts';
import { isParameter } from './_graph.ts';

/** The operand that holds one row a position: made of parameters alone, [.., positions, size], the other being looked up in a table. */
export function slotOfPositions(context: ForwardContext): number | null {
  const { node, inputs, outputs, wiring } = context;
  const shape = outputs[0]?.shape ?? [];
  for (const slot of [0, 1]) {
    const table = inputs[slot]?.shape ?? [];
    const fits = table.length >= 2 && table.at(-1) === shape.at(-1) && table.at(-2) === shape.at(-2);
    if (!fits || (table.at(-2) as number) < 2 || shape.length < 2) continue;
    if (isParameter(context, node.inputs[slot] as string) && lookedUp(wiring, node.inputs[1 - slot] as string))
      return slot;
  }
  return null;
}

const PASSED = ['Mul', 'Add', 'Cast', 'Transpose', 'Concat', 'Reshape', 'Identity', 'Dropout', 'Flatten'];

/** True where the tensor comes from a Gather or from patches, perhaps scaled, added to, or joined with a token of its own. */
function lookedUp(wiring: Wiring, tensor: string, steps = 5): boolean {
  const maker = wiring.producer.get(tensor);
  if (maker === undefined || steps === 0) return false;
  if (maker.op === 'Gather' || maker.op === 'Conv') return true;
  return PASSED.includes(maker.op) && maker.inputs.some((name) => lookedUp(wiring, name, steps - 1));
}
