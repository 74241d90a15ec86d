import type { GradientRule } from '../rule.ts';
import { classLoss } from './_classes.ts';
import { tensorsOf } from './_tensors.ts';

/** scores: scale ⊙ (softmax − one-hot); through the second output, dlog − softmax ⊙ Σ dlog. */
export const softmaxCrossEntropyLoss: GradientRule = {
  op: 'SoftmaxCrossEntropyLoss',
  gradient(context) {
    const [dy, dlog] = context.cotangents;
    const scores = context.inputs[0] as string;
    const math = tensorsOf(context, context.dtype(scores));
    const axis = { axis: { kind: 'int', value: 1 } } as const;
    const probability = context.emit('Softmax', [scores], axis);
    const parts: string[] = [];
    let weights: string | undefined;
    if (dy !== undefined) {
      const { hot, scale, weightGradient } = classLoss(context, math);
      parts.push(math.mul(scale, math.sub(probability, hot)));
      if (context.needs(2)) {
        const logarithm = context.emit('LogSoftmax', [scores], axis);
        weights = weightGradient(math.neg(math.sum(math.mul(hot, logarithm), [1])));
      }
    }
    if (dlog !== undefined) parts.push(math.sub(dlog, math.mul(probability, math.sum(dlog, [1]))));
    return [parts.reduce((a, b) => math.add(a, b)), undefined, weights];
  },
};
