import { intAttribute, stringAttribute } from '../../../harness/attributes.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { ints, text } from '../rule.ts';
import { adjointOfNode } from './_index.ts';
import { reshape } from './_reshape.ts';

/** Operators that move whole blocks, and those that choose them: each has its own inverse, or goes by the index trick. */
export const blockMoves: readonly GradientRule[] = [
  { op: 'DepthToSpace', gradient: depthFromSpace },
  {
    op: 'SpaceToDepth',
    gradient: (context) => [
      context.emit('DepthToSpace', [context.cotangents[0] as string], { ...context.attributes, mode: text('DCR') }),
    ],
  },
  // The same window of lengths reverses back.
  {
    op: 'ReverseSequence',
    gradient: (context) => [context.again([context.cotangents[0] as string, context.inputs[1] as string])[0]],
  },
  // What was set to zero gets zero.
  {
    op: 'Trilu',
    gradient: (context) => [context.again([context.cotangents[0] as string, ...context.inputs.slice(1)])[0]],
  },
  { op: 'Compress', gradient: (context) => [adjointOfNode(context, 0)] },
  { op: 'CenterCropPad', gradient: (context) => [adjointOfNode(context, 0)] },
];

function depthFromSpace(context: GradientContext): string[] {
  const [x, dy] = [context.inputs[0] as string, context.cotangents[0] as string];
  const { mode: _, ...attributes } = context.attributes;
  if (stringAttribute(context.attributes, 'mode', 'DCR') === 'DCR') {
    return [context.emit('SpaceToDepth', [dy], attributes)];
  }
  const block = intAttribute(context.attributes, 'blocksize', 1);
  const [n, c, h, w] = context.shape(x) as [number, number, number, number];
  // [n, c / b², h, b, w, b] → [n, c / b², b, b, h, w]
  const blocks = reshape(context, dy, [n, c / block ** 2, h, block, w, block]);
  const moved = context.emit('Transpose', [blocks], { perm: ints([0, 1, 3, 5, 2, 4]) });
  return [reshape(context, moved, [n, c, h, w])];
}
