import { sameShape } from '../shape.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { partOfNorm } from './_norm-written.ts';
import { patch } from './_patch.ts';

/** A normalisation written out that takes its scale for its shift. */
export const normWrittenSwapped: Rule = {
  id: 'norm-written-swapped',
  ops: ['Add'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, wiring, value } = context;
    const part = partOfNorm(context);
    const multiply = part?.role === 'shift' ? part.norm.scale : undefined;
    const slot = node.inputs.findIndex((name) => multiply?.outputs.includes(name));
    if (multiply === undefined || multiply === null || slot < 0) return;
    const shift = node.inputs[1 - slot] as string;
    const at = multiply.inputs.findIndex((name) => !wiring.producer.has(name));
    const [scale, normal] = [multiply.inputs[at] as string, multiply.inputs[1 - at] as string];
    const [weight, bias] = [value(scale), value(shift)];
    if (at < 0 || weight === null || bias === null || !sameShape(weight.shape, bias.shape)) return;
    const p = patch(context);
    yield {
      cause: 'norm.affine-swapped',
      claim: `the scale "${scale}" and the shift "${shift}" are swapped`,
      fix: `Multiply by "${scale}", then add "${shift}".`,
      specificity: 3,
      edit: p.edit(p.emit('Add', [p.emit('Mul', [normal, shift]), scale])),
    };
  },
};
