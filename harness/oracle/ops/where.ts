import type { Operator } from '../../types/oracle.ts';
import { given } from './_context.ts';
import { summedTo } from './_elementwise.ts';
import { taken } from './_indexed.ts';
import { broadcastAll, broadcastOffsets } from './_strided.ts';

/** Elements of the second input where the condition holds, of the third elsewhere; all three broadcast. */
export const where: Operator = {
  op: 'Where',
  forward: (context, inputs) => {
    const [condition, x, y] = [0, 1, 2].map((i) => given(context, inputs, i));
    const shape = broadcastAll(context, [condition!.shape, x!.shape, y!.shape]);
    const [c, a, b] = [condition!, x!, y!].map((v) => taken(v, { shape, offsets: broadcastOffsets(v.shape, shape) }));
    if (a!.strings) {
      const strings = Array.from(c!.data, (holds, i) => (holds ? a!.strings![i]! : b!.strings![i]!));
      return [{ ...a!, strings }];
    }
    return [{ ...a!, data: c!.data.map((holds, i) => (holds ? a!.data[i]! : b!.data[i]!)) }];
  },
  vjp: (context) => {
    const dy = context.cotangents[0];
    if (!dy) return [];
    const condition = given(context, context.inputs, 0);
    const c = taken(condition, { shape: dy.shape, offsets: broadcastOffsets(condition.shape, dy.shape) }).data;
    const branch = (i: number, chosen: (holds: number) => boolean) => {
      const value = given(context, context.inputs, i);
      const each = dy.data.map((d, k) => (chosen(c[k]!) ? d : 0));
      return summedTo(value, each, broadcastOffsets(value.shape, dy.shape), context.arithmetic.round, null);
    };
    return [undefined, branch(1, (holds) => holds !== 0), branch(2, (holds) => holds === 0)];
  },
};
