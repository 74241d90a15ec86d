import type { Operator, Value } from '../../types/oracle.ts';
import { around, cotangentOf, given, like } from './_context.ts';
import { seedOf, wants } from './_kit.ts';
import { nllBack, nllForward, nllWeightsBack } from './_nll.ts';
import { logSoftmaxBack, logSoftmaxOf } from './_softmax.ts';

/** The negative log likelihood of log softmax(scores) over the classes; scores [batch, classes, ...]. Its second output is the log softmax. */
export const softmaxCrossEntropyLoss: Operator = {
  op: 'SoftmaxCrossEntropyLoss',
  forward(context, inputs) {
    const [scores, labels] = [given(context, inputs, 0), given(context, inputs, 1)];
    const logs = logsOf(scores, context.arithmetic.round);
    return [nllForward(context, logs, labels, inputs[2]), logs];
  },
  vjp(context) {
    const { inputs } = context;
    const { round } = context.arithmetic;
    const [scores, labels] = [given(context, inputs, 0), given(context, inputs, 1)];
    const [dy, dlog] = [seedOf(context, 0), seedOf(context, 1)];
    if (!dy && !dlog) return [];
    const logs = logsOf(scores, round);
    let dlogs = dlog ?? new Float64Array(logs.data.length);
    if (dy) {
      const fromLoss = nllBack(context, logs, labels, inputs[2], dy);
      dlogs = dlog ? fromLoss.map((d, i) => round(d + dlog[i]!)) : fromLoss;
    }
    const [, , weights] = inputs;
    return [
      wants(context, 0)
        ? cotangentOf(scores, logSoftmaxBack(logs.data, dlogs, around(scores.shape, 1), round))
        : undefined,
      undefined,
      weights && dy && wants(context, 2)
        ? cotangentOf(weights, nllWeightsBack(context, logs, labels, weights, dy))
        : undefined,
    ];
  },
};

const logsOf = (scores: Value, round: (x: number) => number): Value =>
  like(scores, logSoftmaxOf(scores.data, around(scores.shape, 1), round));
