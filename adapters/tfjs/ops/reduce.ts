import type * as Core from '@tensorflow/tfjs-core';
import { intAttribute } from '../../../harness/attributes.ts';
import type { TfTensor } from '../tensors.ts';
import { axesOf, front, given, type Kernel, type Kernels, range } from './_kernel.ts';

type Reduce = (tf: typeof Core, x: TfTensor, axes: number[], keep: boolean) => TfTensor;

const reduction =
  (reduce: Reduce): Kernel =>
  (call) => {
    const x = given(call, 0);
    const said = axesOf(call, 1, x.rank);
    // No axis is reduced: each element is a row of its own.
    if (said === null && intAttribute(call.attributes, 'noop_with_empty_axes', 0) !== 0) {
      return reduce(call.tf, call.tf.expandDims(x, -1), [x.rank], false);
    }
    const keep = intAttribute(call.attributes, 'keepdims', 1) !== 0;
    return reduce(call.tf, x, [...(said ?? range(x.rank))], keep);
  };

const extreme =
  (which: 'argMax' | 'argMin'): Kernel =>
  (call) => {
    const x = given(call, 0);
    const axis = front(intAttribute(call.attributes, 'axis', 0), x.rank);
    const last = intAttribute(call.attributes, 'select_last_index', 0) !== 0;
    const size = x.shape[axis] as number;
    const found = last
      ? call.tf.sub(call.tf.scalar(size - 1, 'int32'), call.tf[which](call.tf.reverse(x, axis), axis))
      : call.tf[which](x, axis);
    const keep = intAttribute(call.attributes, 'keepdims', 1) !== 0;
    return keep ? call.tf.expandDims(found, axis) : found;
  };

export const reductions: Kernels = {
  ReduceSum: reduction((tf, x, axes, keep) => tf.sum(x, axes, keep)),
  ReduceMean: reduction((tf, x, axes, keep) => tf.mean(x, axes, keep)),
  ReduceMax: reduction((tf, x, axes, keep) => tf.max(x, axes, keep)),
  ReduceMin: reduction((tf, x, axes, keep) => tf.min(x, axes, keep)),
  ReduceProd: reduction((tf, x, axes, keep) => tf.prod(x, axes, keep)),
  ReduceL1: reduction((tf, x, axes, keep) => tf.sum(tf.abs(x), axes, keep)),
  ReduceL2: reduction((tf, x, axes, keep) => tf.sqrt(tf.sum(tf.square(x), axes, keep))),
  ReduceSumSquare: reduction((tf, x, axes, keep) => tf.sum(tf.square(x), axes, keep)),
  ReduceLogSum: reduction((tf, x, axes, keep) => tf.log(tf.sum(x, axes, keep))),
  ReduceLogSumExp: reduction((tf, x, axes, keep) => tf.logSumExp(x, axes, keep)),
  ArgMax: extreme('argMax'),
  ArgMin: extreme('argMin'),
};
