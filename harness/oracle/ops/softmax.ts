import type { Operator } from '../../types/oracle.ts';
import { cotangentOf, given, like } from './_context.ts';
import { seedOf } from './_kit.ts';
import {
  forEachLine,
  largestOf,
  logSoftmaxBack,
  logSoftmaxOf,
  softmaxBack,
  softmaxLines,
  softmaxOf,
} from './_softmax.ts';

/** exp(x − max) / Σ exp(x − max) along `axis`. */
export const softmax: Operator = {
  op: 'Softmax',
  scale: 1,
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    return [like(x, softmaxOf(x.data, softmaxLines(context, x), context.arithmetic.round))];
  },
  vjp(context) {
    const dy = seedOf(context, 0);
    const x = given(context, context.inputs, 0);
    if (!dy || !context.needs[0]) return [];
    const lines = softmaxLines(context, x);
    const y = given(context, context.outputs, 0).data;
    return [cotangentOf(x, softmaxBack(y, dy, lines, context.arithmetic.round))];
  },
};

/** x − max − log Σ exp(x − max) along `axis`. */
export const logSoftmax: Operator = {
  op: 'LogSoftmax',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    return [like(x, logSoftmaxOf(x.data, softmaxLines(context, x), context.arithmetic.round))];
  },
  vjp(context) {
    const dy = seedOf(context, 0);
    const x = given(context, context.inputs, 0);
    if (!dy || !context.needs[0]) return [];
    const lines = softmaxLines(context, x);
    const y = given(context, context.outputs, 0).data;
    return [cotangentOf(x, logSoftmaxBack(y, dy, lines, context.arithmetic.round))];
  },
};

/** 1 at the first largest element along `axis`, 0 elsewhere. */
export const hardmax: Operator = {
  op: 'Hardmax',
  noDerivative: 'Hardmax is piecewise constant: its derivative is 0 wherever it has one',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const lines = softmaxLines(context, x);
    const y = new Float64Array(x.data.length);
    forEachLine(lines, (first) => {
      const largest = largestOf(x.data, first, lines);
      let at = first;
      while (x.data[at] !== largest && at < first + (lines.length - 1) * lines.inner) at += lines.inner;
      y[at] = 1;
    });
    return [like(x, y)];
  },
};
