import type { Value } from '../types/oracle.ts';
import type { BackwardContext, BackwardHypothesis, Specificity } from '../types/rule.ts';

/** A bug in a backward pass, in the order in which it is told: cause, claim, fix, and what would have been sent back. */
export function sent(
  cause: string,
  claim: string,
  fix: string,
  part: Float64Array,
  specificity: Specificity = 3,
): BackwardHypothesis {
  return { cause, claim, fix, specificity, part };
}

/** Elements of two tensors of one size, combined. */
export const zip = (a: Float64Array, b: Float64Array, f: (x: number, y: number) => number): Float64Array =>
  a.map((x, i) => f(x, b[i] as number));

/** The same tensor with other elements. */
export const withData = (value: Value, data: Float64Array): Value => ({ ...value, data });

/** A tensor of ones in the shape of another. */
export const onesLike = (value: Value): Value => withData(value, new Float64Array(value.data.length).fill(1));

/**
 * What the slot would send back, where the bug is in every slot through which the node reads the tensor (`x · x` reads it twice): all wrong
 * parts together, less what the node's other slots send when they are right.
 */
export function throughAllSlots(
  { node, slot, vjp }: BackwardContext,
  wrong: readonly (Value | undefined)[] | null,
): Float64Array | null {
  const mine = wrong?.[slot]?.data;
  if (wrong === null || mine === undefined) return null;
  const twins = node.inputs.flatMap((name, other) => (name === node.inputs[slot] && other !== slot ? [other] : []));
  if (twins.length === 0) return mine;
  const right = vjp({});
  const total = Float64Array.from(mine);
  for (const other of twins) {
    const [bad, good] = [wrong[other]?.data, right?.[other]?.data];
    if (bad === undefined || good === undefined) return null;
    for (let i = 0; i < total.length; i++) total[i] = (total[i] as number) + (bad[i] as number) - (good[i] as number);
  }
  return total;
}
