import type { GradientContext, GradientRule } from '../rule.ts';
import { toInput } from './_broadcast.ts';
import { cast } from './_cast.ts';
import { mathOf } from './_math.ts';

/** Min and Max of any number of inputs: tied inputs share the gradient equally, as in PyTorch. */
export const extrema: readonly GradientRule[] = [
  { op: 'Min', gradient: extremum },
  { op: 'Max', gradient: extremum },
];

function extremum(context: GradientContext): (string | undefined)[] {
  const [y, dy] = [context.outputs[0] as string, context.cotangents[0] as string];
  if (context.inputs.length === 1) return [dy];
  const { equal, div, where } = mathOf(context, context.dtype(y));
  const hits = context.inputs.map((input) => equal(input, y));
  const ties = context.emit(
    'Sum',
    hits.map((hit) => cast(context, hit, context.dtype(y))),
  );
  const share = div(dy, ties);
  return hits.map((hit, slot) => (context.needs(slot) ? toInput(context, slot, where(hit, share, 0)) : undefined));
}
