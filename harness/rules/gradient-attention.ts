import { floatAttribute, intAttribute } from '../attributes.ts';
import type { BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent } from './_back.ts';
import { shown } from './_numbers.ts';

/** Attention as one operator: what it sends back to queries and keys without the scale of the scores, or with it twice. */
export const attentionGradient: Rule = {
  id: 'gradient-attention',
  ops: ['Attention', 'MultiHeadAttention'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { attributes, inputs, slot, part, node } = context;
    const q = inputs[0];
    if ((slot !== 0 && slot !== 1) || q === undefined || node.inputs[slot] === node.inputs[2]) return;
    const heads = intAttribute(attributes, 'q_num_heads', intAttribute(attributes, 'num_heads', 1));
    const size = q.shape.length === 3 ? (q.shape[2] as number) / heads : (q.shape[3] as number);
    const own = floatAttribute(attributes, 'scale', 0);
    const scale = own === 0 ? 1 / Math.sqrt(size) : own;
    const fix = `Multiply the gradient of the scores by ${shown(scale)} before it goes to queries and keys.`;
    for (const [claim, factor] of [
      [`the scale of the scores (${shown(scale)}) is left out on the way back`, 1 / scale],
      [`the scale of the scores (${shown(scale)}) is applied twice on the way back`, scale],
      [
        `the gradient is divided by the scale of the scores (${shown(scale)}) where it should be multiplied`,
        1 / (scale * scale),
      ],
    ] as const) {
      yield sent(
        'attention.scale',
        claim,
        fix,
        part.data.map((x) => x * factor),
      );
    }
  },
};
