import { unbroadcast } from '../oracle/ops/_strided.ts';
import { sameShape } from '../shape.ts';
import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent, zip } from './_back.ts';
import { partOfNorm } from './_norm-written.ts';

/** The gradient of the scale of a normalisation written out: made of another tensor than the normalised one. */
export const normScaleGradient: Rule = {
  id: 'gradient-norm-scale',
  ops: ['Mul'],
  *backward(context: BackwardContext): Iterable<BackwardHypothesis> {
    const { node, slot, inputs, cotangents, wiring, value } = context;
    const part = partOfNorm(context);
    const [own, dy] = [inputs[slot], cotangents[0]];
    if (part?.role !== 'scale' || wiring.producer.has(node.inputs[slot] as string)) return;
    if (own === undefined || dy === undefined) return;
    const { x, centre } = part.norm;
    const sources = [
      [x, 'the input x'],
      [centre?.outputs[0], 'the centred x − mean'],
    ] as const;
    for (const [name, what] of sources) {
      const other = name == null ? null : value(name);
      if (other === null || !sameShape(other.shape, dy.shape)) continue;
      const product = zip(dy.data, other.data, (d, v) => d * v);
      yield sent(
        'gradient.derivative-of-wrong-value',
        `the gradient of the scale "${node.inputs[slot]}" is made of ${what}, not of the normalised x̂`,
        'Multiply what arrives by the normalised x̂, then sum.',
        unbroadcast(product, dy.shape, own.shape, (v) => v),
      );
    }
  },
};
