import { slidingWindow } from '../oracle/ops/_spatial.ts';
import { intAttribute, intsAttribute } from '../attributes.ts';
import { forEachPooled, windowCounts } from '../oracle/ops/_pooling.ts';
import { sizeOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent } from './_back.ts';

/** Maximum pools on the way back: the gradient goes to the whole window, or to every element that ties. */
export const maxPoolGradient: Rule = {
  id: 'gradient-max-pool',
  ops: ['MaxPool', 'GlobalMaxPool'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { inputs, outputs, cotangents, slot } = context;
    const [x, y, dy] = [inputs[0], outputs[0], cotangents[0]];
    if (slot !== 0 || x === undefined || y === undefined || dy === undefined) return;
    const pooling = poolingFor(context, x, dy);
    const fix = 'Send the gradient of each window to the element that was its maximum, and to no other.';
    const spread = (what: string, share: (out: number, into: number) => number): BackwardHypothesis => {
      const part = new Float64Array(x.data.length);
      forEachPooled(pooling, (out, into) => (part[into] = (part[into] as number) + share(out, into)));
      return sent('gradient.pool-spread', `the gradient of each maximum ${what}`, fix, part);
    };
    const counts = windowCounts(pooling, false);
    const d = dy.data;
    const area = sizeOf(pooling.window.kernel);
    yield spread('goes to every element of its window', (out) => d[out] as number);
    yield spread(
      'is spread evenly over its window',
      (out) => (d[out] as number) / (counts[out % pooling.outputSize] as number),
    );
    yield spread('is spread over its window, divided by the window size', (out) => (d[out] as number) / area);
    const ties = new Float64Array(d.length);
    const first = new Int32Array(d.length).fill(-1);
    const last = new Int32Array(d.length).fill(-1);
    forEachPooled(pooling, (out, into) => {
      if (x.data[into] !== y.data[out]) return;
      ties[out] = (ties[out] as number) + 1;
      first[out] = first[out] === -1 ? into : Math.min(first[out] as number, into);
      last[out] = Math.max(last[out] as number, into);
    });
    const tied = (out: number, into: number): boolean => x.data[into] === y.data[out];
    if (ties.some((n) => n > 1)) {
      yield spread('goes to every element that ties for it', (out, into) => (tied(out, into) ? (d[out] as number) : 0));
      yield spread('is shared by all elements that tie for it', (out, into) =>
        tied(out, into) ? (d[out] as number) / (ties[out] as number) : 0,
      );
    }
    const corner = new Int32Array(d.length).fill(-1);
    forEachPooled(pooling, (out, into) => {
      corner[out] = corner[out] === -1 ? into : Math.min(corner[out] as number, into);
    });
    yield spread('goes to the first element of its window, whichever is the maximum', (out, into) =>
      corner[out] === into ? (d[out] as number) : 0,
    );
  },
};

/** Average pools on the way back: 1/k² left out, or counted with the padding where it must not, or sent to one element. */
export const averagePoolGradient: Rule = {
  id: 'gradient-average-pool',
  ops: ['AveragePool', 'GlobalAveragePool'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { inputs, cotangents, slot, attributes } = context;
    const [x, dy] = [inputs[0], cotangents[0]];
    if (slot !== 0 || x === undefined || dy === undefined) return;
    const pooling = poolingFor(context, x, dy);
    const d = dy.data;
    const area = sizeOf(pooling.window.kernel);
    const each = (share: (out: number) => number): Float64Array => {
      const part = new Float64Array(x.data.length);
      forEachPooled(pooling, (out, into) => (part[into] = (part[into] as number) + share(out)));
      return part;
    };
    yield sent(
      'gradient.pool-scale',
      `the gradient of each average goes to its window undivided: 1/${area} is missing`,
      'Divide by the number of elements that were averaged.',
      each((out) => d[out] as number),
    );
    yield sent(
      'gradient.pool-scale',
      `the gradient of each average is divided twice by ${area}`,
      'Divide once by the number of elements that were averaged.',
      each((out) => (d[out] as number) / area / area),
    );
    const included = intAttribute(attributes, 'count_include_pad', 0) !== 0;
    const counts = windowCounts(pooling, !included);
    yield sent(
      'pool.count-include-pad',
      `on the way back the padding is ${included ? 'not ' : ''}counted in the average`,
      'Divide by the same count as in the forward pass.',
      each((out) => (d[out] as number) / (counts[out % pooling.outputSize] as number)),
    );
  },
};

/** The windows of the node over x; the whole plane for a global pool. */
function poolingFor({ attributes }: BackwardContext, x: Value, dy: Value) {
  const spatial = x.shape.slice(2);
  const kernel = intsAttribute(attributes, 'kernel_shape', undefined) ?? spatial;
  const given = slidingWindow(attributes, spatial, kernel, intAttribute(attributes, 'ceil_mode', 0) !== 0);
  const window = { ...given, output: dy.shape.slice(2) };
  const planes = sizeOf(x.shape.slice(0, 2));
  return { planes, inputSize: sizeOf(spatial), outputSize: sizeOf(window.output), window, shape: dy.shape };
}
