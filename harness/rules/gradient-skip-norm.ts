import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent, withData, zip } from './_back.ts';
import { normGradient } from './gradient-norm.ts';

/** A norm that adds its skip connection itself: the bugs of the norm behind the sum, and a sum whose own use is forgotten. */
export const skipNormGradient: Rule = {
  id: 'gradient-skip-norm',
  ops: ['SkipLayerNormalization', 'SkipSimplifiedLayerNormalization'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { node, slot, inputs, attributes, part, cotangents } = context;
    const centred = node.op === 'SkipLayerNormalization';
    const biasAt = centred ? 4 : 3;
    const [x, skip, gamma] = inputs;
    if (x === undefined || skip === undefined || (centred && slot === 3)) return;
    const terms = [skip, inputs[biasAt]].filter((term) => term !== undefined);
    // Skip and bias are broadcast from the last axes.
    const sum = x.data.map((v, i) => terms.reduce((s, { data }) => s + (data[i % data.length] as number), v));
    const normed: BackwardContext = {
      ...context,
      node: { ...node, op: centred ? 'LayerNormalization' : 'SimplifiedLayerNormalization', domain: '' },
      attributes: { epsilon: { kind: 'float', value: 1e-12 }, ...attributes, axis: { kind: 'int', value: -1 } },
      inputs: [withData(x, sum), gamma, centred ? inputs[3] : undefined],
      slot: slot === 2 ? 1 : 0,
    };
    const through = slot === 2 ? undefined : cotangents[3]?.data;
    for (const hypothesis of normGradient.backward?.(normed) ?? []) {
      const whole = through === undefined ? hypothesis.part : zip(hypothesis.part, through, (a, b) => a + b);
      if (whole.length === part.data.length) yield { ...hypothesis, part: whole };
    }
    if (through === undefined || through.length !== part.data.length) return;
    yield sent(
      'gradient.overwritten',
      'what comes back through the sum (the fourth output) is left out: only the norm’s own gradient is kept',
      'Add the gradient of the sum to that of the norm (+=).',
      zip(part.data, through, (a, b) => a - b),
    );
  },
};
