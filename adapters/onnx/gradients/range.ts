import type { GradientRule } from '../rule.ts';
import { int } from '../rule.ts';
import { cast } from './_cast.ts';
import { positions } from './_index.ts';
import { mathOf } from './_math.ts';
import { reshape } from './_reshape.ts';

/** y_i = start + i · delta; the limit decides only how many there are. */
export const range: GradientRule = {
  op: 'Range',
  gradient(context) {
    const y = context.outputs[0] as string;
    const dy = context.cotangents[0] as string;
    const sum = (name: string, slot: number): string =>
      reshape(
        context,
        context.emit('ReduceSum', [name], { keepdims: int(0) }),
        context.shape(context.inputs[slot] as string),
      );
    const steps = (): string => cast(context, positions(context, context.shape(y)), context.dtype(y));
    return [
      context.needs(0) ? sum(dy, 0) : undefined,
      undefined,
      context.needs(2) ? sum(mathOf(context, context.dtype(y)).mul(dy, steps()), 2) : undefined,
    ];
  },
};
