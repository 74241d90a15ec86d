import { LayerdiffError } from '../../../harness/errors.ts';
import { sizeOf } from '../../../harness/shape.ts';
import type { GradientContext } from '../rule.ts';

/** Whole numbers beyond this are not all float32 numbers. */
const MOST = 2 ** 24;

/** Throws E_LIMIT where the elements of the first input cannot be told apart by a float32 number each. */
export function checkCountable(context: GradientContext): void {
  const size = sizeOf(context.shape(context.inputs[0] as string));
  if (size < MOST) return;
  throw new LayerdiffError(
    'E_LIMIT',
    context.node.name,
    `the gradient of ${context.node.op} numbers the ${size} elements of its input in float32, which goes up to ${MOST}`,
    'Use a smaller batch.',
  );
}
