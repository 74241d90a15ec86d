import { sizeOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent } from './_back.ts';

/** Products written by Einsum: an operand used as in the forward pass where two of its axes must be exchanged, or a gradient with two axes exchanged. */
export const einsumGradient: Rule = {
  id: 'gradient-einsum',
  ops: ['Einsum'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { node, inputs, slot, part, vjp } = context;
    for (const [other, value] of inputs.entries()) {
      if (other === slot || value === undefined) continue;
      for (const [a, b] of alike(value)) {
        const changed = inputs.map((input, i) => (i === other ? exchanged(value, a, b) : input));
        const made = vjp({ inputs: changed })?.[slot]?.data;
        if (made === undefined) continue;
        yield sent(
          'gradient.weight-not-transposed',
          `the gradient uses ${node.inputs[other]} with its axes ${a} and ${b} exchanged: as in the forward pass, not transposed`,
          `Sum over the axis of ${node.inputs[other]} that the output has, not over the one that the input has.`,
          made,
        );
      }
    }
    for (const [a, b] of alike(part)) {
      yield sent(
        'gradient.transposed',
        `the gradient of ${node.inputs[slot]} has its axes ${a} and ${b} exchanged`,
        'Write it in the layout of the tensor itself.',
        exchanged(part, a, b).data,
      );
    }
  },
};

/** Pairs of axes of one size, longer than 1. */
function alike({ shape }: Value): readonly (readonly [number, number])[] {
  return shape.flatMap((size, a) =>
    shape.flatMap((other, b) => (b > a && other === size && size > 1 ? [[a, b] as const] : [])),
  );
}

function exchanged(value: Value, a: number, b: number): Value {
  const { shape, data } = value;
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const order = shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis));
  const made = data.map((_, i) => {
    const from = order.reduce(
      (sum, source, axis) =>
        sum + (Math.floor(i / (strides[axis] as number)) % (shape[axis] as number)) * (strides[source] as number),
      0,
    );
    return data[from] as number;
  });
  return { ...value, data: made };
}
