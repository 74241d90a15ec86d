import { isFloat } from '../tensor.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { shown } from './_numbers.ts';
import { patch } from './_patch.ts';

/** A tensor inside a fused layer, not recorded itself, that is off by a usual factor, has the other sign, or was never written. */
export const hidden: Rule = {
  id: 'hidden',
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, outputs, direct } = context;
    const [y] = outputs;
    if (direct || y === undefined || !isFloat(y.dtype) || node.outputs.length > 1 || node.inputs.length === 0) return;
    if (node.domain !== '' || y.data.length < 2 || y.data.every((x) => x === 0)) return;
    for (const factor of factorsOf(y.shape[0] ?? 1)) {
      const p = patch(context);
      const right = p.emit(node.op, node.inputs, node.attributes);
      const edit = p.edit(p.emit('Mul', [right, p.scalar(factor)]));
      yield { ...told(factor, node.name), specificity: 1, edit };
    }
  },
};

/** Most factors that a person leaves out or puts in are among these. */
function factorsOf(batch: number): ReadonlySet<number> {
  return new Set([-1, 0, 2, 1 / 2, 3, 1 / 3, ...(batch > 1 ? [batch, 1 / batch] : [])]);
}

function told(factor: number, name: string): { cause: string; claim: string; fix: string } {
  const where = `what ${name} hands on inside this layer`;
  if (factor === -1) {
    const claim = `${where} has the opposite sign`;
    return { cause: 'sign.flipped', claim, fix: `Change the sign of ${name}'s result.` };
  }
  if (factor === 0) {
    const claim = `${where} is zero: it was never written`;
    return { cause: 'value.zero', claim, fix: `Write ${name}'s result before it is read.` };
  }
  return {
    cause: 'scale.constant',
    claim: `${where} is ${shown(factor)} times what it should be`,
    fix: `Multiply ${name}'s result by ${shown(1 / factor)}: a factor is missing, or applied once too often.`,
  };
}
