import { intsAttribute } from '../../../harness/attributes.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { ints } from '../rule.ts';
import { cast } from './_cast.ts';
import { reshape } from './_reshape.ts';

/** Operators that keep every element and change at most the shape, the order of axes, or the float type. */
export const shapeOnly: readonly GradientRule[] = [
  { op: 'Identity', gradient: ({ cotangents }) => [cotangents[0]] },
  ...['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'].map((op) => ({ op, gradient: backToShape })),
  { op: 'Transpose', gradient: backToOrder },
  { op: 'Cast', gradient: backToType },
  { op: 'CastLike', gradient: backToType },
];

function backToShape(context: GradientContext): string[] {
  return [reshape(context, context.cotangents[0] as string, context.shape(context.inputs[0] as string))];
}

function backToOrder(context: GradientContext): string[] {
  const rank = context.shape(context.inputs[0] as string).length;
  const reversed = Array.from({ length: rank }, (_, k) => rank - 1 - k);
  const perm = intsAttribute(context.attributes, 'perm', reversed);
  const inverse = perm.map((_, axis) => perm.indexOf(axis));
  return [context.emit('Transpose', [context.cotangents[0] as string], { perm: ints(inverse) })];
}

function backToType(context: GradientContext): string[] {
  return [cast(context, context.cotangents[0] as string, context.dtype(context.inputs[0] as string))];
}
