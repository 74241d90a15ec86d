import type { Operator } from '../../types/oracle.ts';
import { cotangentOf, given } from './_context.ts';
import { seedOf, wants } from './_kit.ts';
import { nllBack, nllForward, nllWeightsBack } from './_nll.ts';

/** −weight[label] · input[label], input being log probabilities [batch, classes, ...]; labels [batch, ...]; weights [classes]. */
export const negativeLogLikelihoodLoss: Operator = {
  op: 'NegativeLogLikelihoodLoss',
  forward(context, inputs) {
    return [nllForward(context, given(context, inputs, 0), given(context, inputs, 1), inputs[2])];
  },
  vjp(context) {
    const { inputs } = context;
    const [logs, labels] = [given(context, inputs, 0), given(context, inputs, 1)];
    const dy = seedOf(context, 0);
    if (!dy) return [];
    const [, , weights] = inputs;
    return [
      wants(context, 0) ? cotangentOf(logs, nllBack(context, logs, labels, weights, dy)) : undefined,
      undefined,
      weights && wants(context, 2)
        ? cotangentOf(weights, nllWeightsBack(context, logs, labels, weights, dy))
        : undefined,
    ];
  },
};
