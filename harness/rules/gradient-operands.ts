import type { Value } from '../types/oracle.ts';
import type { BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent, throughAllSlots, withData, zip } from './_back.ts';

/** Products, quotients and differences, element by element, on the way back: each operand's derivative is made of the other. */
export const operandGradient: Rule = {
  id: 'gradient-operands',
  ops: ['Mul', 'Div', 'Sub'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { node, slot, inputs, cotangents, part, vjp } = context;
    const [a, b] = inputs;
    if (a === undefined || b === undefined || cotangents[0] === undefined || slot > 1) return;
    const own = slot === 0 ? a : b;
    const other = slot === 0 ? b : a;
    const told = (cause: string, claim: string, operands: readonly [Value, Value] | null) => {
      const wrong = operands === null ? null : throughAllSlots(context, vjp({ inputs: operands }));
      return wrong === null
        ? []
        : [sent(cause, claim, `Use the derivative of ${node.op} by its input ${slot}.`, wrong)];
    };
    const ones = (value: Value): Value =>
      withData(
        value,
        value.data.map(() => 1),
      );
    // One number is a scale: told by its own rule.
    const scalar = other.data.length === 1;
    if (node.op === 'Mul' && !scalar) {
      yield* told(
        'gradient.derivative-wrong',
        `${node.inputs[slot]} gets the gradient as it arrives, not multiplied by the other operand`,
        [ones(a), ones(b)],
      );
      const dy = cotangents[0].data;
      if (own.data.length === dy.length && node.inputs[0] !== node.inputs[1])
        yield sent(
          'gradient.derivative-of-wrong-value',
          `the gradient of ${node.inputs[slot]} is multiplied by ${node.inputs[slot]} itself, not by the other operand`,
          `Multiply it by ${node.inputs[1 - slot]}.`,
          zip(dy, own.data, (d, v) => d * v),
        );
    }
    if (node.op === 'Div') {
      if (slot === 0 && !scalar)
        yield* told(
          'gradient.derivative-wrong',
          `${node.inputs[slot]} gets the gradient as it arrives, not divided by ${node.inputs[1]}`,
          [a, ones(b)],
        );
      if (slot === 1) {
        yield* told('gradient.derivative-wrong', `the derivative by the divisor is −a, not −a/b²`, [a, ones(b)]);
        const divided = part.data.length === b.data.length ? part.data.map((x, i) => x * (b.data[i] as number)) : null;
        if (divided !== null)
          yield sent(
            'gradient.derivative-wrong',
            'the derivative by the divisor is −a/b, not −a/b²',
            'Divide by the square of the divisor.',
            divided,
          );
      }
    }
    if (slot === 1 && node.op !== 'Mul') {
      const flipped = node.inputs[0] === node.inputs[1] ? null : part.data.map((x) => -x);
      if (flipped !== null)
        yield sent(
          'sign.flipped',
          `the gradient of what is ${node.op === 'Sub' ? 'subtracted' : 'divided by'} lacks its minus`,
          'Send back the negative.',
          flipped,
        );
    }
  },
};
