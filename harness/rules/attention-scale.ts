import { floatAttribute, intAttribute } from '../attributes.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { numberAt, becomesScores } from './_attention.ts';
import { bestFactor, isUsualFactor, near, shown } from './_numbers.ts';
import { patch } from './_patch.ts';

const ANOTHER = 'another scale';

/** Scores scaled otherwise than by the model's factor (mostly 1/√d): not at all, by 1/d, by another size's root; solved where it can be read off. */
export const attentionScale: Rule = {
  id: 'attention-scale',
  ops: ['Attention', 'Div', 'Mul'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const found = context.node.op === 'Attention' ? ofOperator(context) : ofPrimitive(context);
    if (found === null) return;
    const { right, sizes, solved, edit } = found;
    const tried = new Map<number, string>([
      [1, 'the scale is left out'],
      [right * right, 'the scale is applied twice'],
      [1 / right, 'the scores are multiplied where they should be divided'],
    ]);
    for (const { value, name } of sizes) {
      tried.set(1 / Math.sqrt(value), `scores are divided by the root of ${value} (${name})`);
      tried.set(1 / value, `scores are divided by ${value} (${name}), not by its root`);
    }
    // Nothing but zeros is a buffer that was never written.
    if (solved !== null && Math.abs(solved) > 1e-6 && ![...tried.keys()].some((factor) => near(factor, solved)))
      tried.set(solved, ANOTHER);
    for (const [factor, what] of tried) {
      if (near(factor, right)) continue;
      yield {
        cause: 'attention.scale',
        claim: `scores are scaled by ${shown(factor)}, the model says ${shown(right)}: ${what}`,
        fix: `Multiply the scores by ${shown(right)} (divide by ${shown(1 / right)}) before the softmax.`,
        // A factor that any layer may be off by (the batch size) says nothing of attention.
        specificity: what === ANOTHER && isUsualFactor(factor / right, context) ? 1 : 3,
        edit: edit(factor),
      };
    }
  },
};

interface Scaling {
  readonly right: number;
  readonly sizes: readonly { readonly value: number; readonly name: string }[];
  readonly solved: number | null;
  readonly edit: (factor: number) => Edit;
}

function ofOperator(context: ForwardContext): Scaling | null {
  const { attributes, inputs, node } = context;
  const shape = inputs[0]?.shape;
  if (shape === undefined) return null;
  const heads = shape.length === 3 ? intAttribute(attributes, 'q_num_heads', 1) : (shape[1] as number);
  const size = shape.length === 3 ? (shape[2] as number) / heads : (shape[3] as number);
  const scale = floatAttribute(attributes, 'scale', Number.NaN);
  const right = Number.isNaN(scale) ? 1 / Math.sqrt(size) : scale;
  const sizes = [
    { value: size, name: "a head's size" },
    { value: size * heads, name: 'the size of all heads' },
  ];
  const edit = (factor: number): Edit => ({
    nodes: [{ ...node, attributes: { ...attributes, scale: { kind: 'float', value: factor } } }],
  });
  return { right, sizes, solved: null, edit };
}

/** A Mul or Div by one number on the way to a softmax: of the scores, or of the queries or keys before their product. */
function ofPrimitive(context: ForwardContext): Scaling | null {
  const { node, wiring, inputs, outputs, direct, subject } = context;
  const slot = node.op === 'Div' || numberAt(context, 1) !== null ? 1 : 0;
  const number = numberAt(context, slot);
  const x = inputs[1 - slot];
  if (number === null || number === 0 || x === undefined || x.data.length < 2) return null;
  if (!becomesScores(wiring, node.outputs[0] as string)) return null;
  const right = node.op === 'Div' ? 1 / number : number;
  const last = outputs[0]?.shape.at(-1) ?? 0;
  const sizes = [{ value: last, name: 'the size of its last axis' }].filter(({ value }) => value > 1);
  const edit = (factor: number): Edit => {
    const p = patch(context);
    const scaled = p.emit('Mul', [node.inputs[1 - slot] as string, p.scalar(factor)]);
    return p.edit(scaled);
  };
  return { right, sizes, solved: direct ? bestFactor(subject.data, x.data) : null, edit };
}
