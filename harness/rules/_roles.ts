import type { ForwardContext } from '../types/rule.ts';
import { isMask, reachesSoftmax } from './_attention.ts';
import { partOfNorm } from './_norm-written.ts';
import { slotOfPositions } from './_positions.ts';

/** True for an Add that is neither a bias nor a skip connection: it masks scores, adds positions, or is part of a norm. Rules of their own tell what may be wrong there. */
export function hasOwnRole(context: ForwardContext): boolean {
  const { node, wiring, inputs } = context;
  if (node.op !== 'Add') return false;
  if (partOfNorm(context) !== null || slotOfPositions(context) !== null) return true;
  const masks = inputs.some((value) => isMask(value, true));
  return masks && reachesSoftmax(wiring, node.outputs[0] as string, 0);
}
