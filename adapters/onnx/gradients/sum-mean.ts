import type { GradientContext, GradientRule } from '../rule.ts';
import { toInput } from './_broadcast.ts';
import { mathOf } from './_math.ts';

/** Sum and Mean of any number of inputs, with broadcasting. */
export const sums: readonly GradientRule[] = [
  { op: 'Sum', gradient: (context) => everyInput(context, context.cotangents[0] as string) },
  {
    op: 'Mean',
    gradient(context) {
      const dy = context.cotangents[0] as string;
      const { div } = mathOf(context, context.dtype(context.outputs[0] as string));
      return everyInput(context, div(dy, context.inputs.length));
    },
  },
];

function everyInput(context: GradientContext, gradient: string): (string | undefined)[] {
  return context.inputs.map((_, slot) => (context.needs(slot) ? toInput(context, slot, gradient) : undefined));
}
