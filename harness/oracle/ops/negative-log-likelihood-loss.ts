import type { Operator } from '../../types/oracle.ts';
import { cotangentOf, given } from './_context.ts';
import { seedOf } from './_kit.ts';
import { nllBack, nllForward } from './_nll.ts';

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
    if (!dy || !context.needs[0]) return [];
    return [cotangentOf(logs, nllBack(context, logs, labels, inputs[2], dy))];
  },
};
