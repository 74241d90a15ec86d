import { int } from '../../../../../adapters/onnx/rule.ts';
import type { CaseInput, GradientCase } from '../_case.ts';
import { apart, given, positive, random, whole } from '../_case.ts';

type Draw = (...shape: number[]) => CaseInput;

const over = (axes: readonly number[]): CaseInput => whole([axes.length], axes);

/** A reduction over one axis, several, all, none; with and without keeping them. */
function reductions(op: string, draw: Draw): GradientCase[] {
  return [
    { op, name: 'all axes', inputs: [draw(2, 3, 5)] },
    { op, name: 'all axes, dropped', inputs: [draw(2, 3, 5)], attributes: { keepdims: int(0) } },
    { op, name: 'the middle axis', inputs: [draw(2, 3, 5), over([1])] },
    { op, name: 'the last axis, dropped', inputs: [draw(2, 3, 5), over([-1])], attributes: { keepdims: int(0) } },
    { op, name: 'two axes, dropped', inputs: [draw(2, 3, 5), over([2, 0])], attributes: { keepdims: int(0) } },
    { op, name: 'an axis of size 1', inputs: [draw(2, 1, 5), over([1])] },
    { op, name: 'a list of no axes means all', inputs: [draw(2, 3), over([])] },
    { op, name: 'no axes, and none meant', inputs: [draw(2, 3)], attributes: { noop_with_empty_axes: int(1) } },
    { op, name: 'another axis is empty', inputs: [draw(0, 3), over([1])] },
  ];
}

export const cases: readonly GradientCase[] = [
  ...reductions('ReduceSum', random),
  ...reductions('ReduceMean', random),
  ...reductions('ReduceL1', apart),
  ...reductions('ReduceL2', random),
  ...reductions('ReduceSumSquare', random),
  ...reductions('ReduceLogSum', positive),
  ...reductions('ReduceLogSumExp', random),
  ...reductions('ReduceProd', random),
  ...reductions('ReduceMax', apart),
  ...reductions('ReduceMin', apart),
  {
    op: 'ReduceProd',
    name: 'one zero in a row, two in another',
    inputs: [given([3, 3], [2, 0, -3, 0, 0, 5, 1, 2, 3]), whole([1], [1])],
  },
  { op: 'CumSum', name: 'forwards', inputs: [random(2, 3, 5), whole([], [1])] },
  { op: 'CumSum', name: 'exclusive', inputs: [random(2, 3, 5), whole([], [2])], attributes: { exclusive: int(1) } },
  { op: 'CumSum', name: 'backwards', inputs: [random(2, 3, 5), whole([], [-3])], attributes: { reverse: int(1) } },
  {
    op: 'CumSum',
    name: 'backwards, exclusive',
    inputs: [random(2, 3), whole([], [0])],
    attributes: { reverse: int(1), exclusive: int(1) },
  },
  ...[0, 1].flatMap((reverse) =>
    [0, 1].flatMap((exclusive): GradientCase[] => [
      {
        op: 'CumProd',
        name: `reverse ${reverse}, exclusive ${exclusive}`,
        inputs: [random(2, 5, 3), whole([], [1])],
        attributes: { reverse: int(reverse), exclusive: int(exclusive) },
        opset: 26,
      },
      {
        op: 'CumProd',
        name: `reverse ${reverse}, exclusive ${exclusive}, with zeros`,
        inputs: [given([3, 5], [2, 0, -3, 1, 4, 1, 0, 2, 0, 3, 0, 2, 3, 0, 0]), whole([], [-1])],
        attributes: { reverse: int(reverse), exclusive: int(exclusive) },
        opset: 26,
      },
    ]),
  ),
];
