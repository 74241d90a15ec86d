import { stridesOf } from '../shape.ts';
import type { Edit, ForwardContext, ForwardHypothesis, FormHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { again, draftOf, pick, range } from './_draft.ts';
import { axisOf } from '../shape.ts';
import { intAttribute } from '../attributes.ts';
import { isParameter } from './_graph.ts';

/** Right numbers in the wrong places along one axis or two: shifted, or in reverse. */
export const shifted: Rule = {
  id: 'shifted',
  ops: ['Slice', 'Split', 'Gather'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, inputs } = context;
    const [x] = inputs;
    if (x === undefined || isParameter(context, node.inputs[0] as string)) return;
    const only = node.op === 'Slice' ? null : axisOf(intAttribute(context.attributes, 'axis', 0), x.shape.length);
    for (const [axis, size] of x.shape.entries()) {
      if (size < 2 || (only !== null && axis !== only)) continue;
      for (const by of [1, -1]) {
        yield {
          cause: 'index.shifted',
          claim: `it takes places one ${by > 0 ? 'later' : 'earlier'} along axis ${axis}`,
          fix: `Take the places that ${node.op} says: the index along axis ${axis} is off by one.`,
          specificity: 2,
          edit: readAt(
            context,
            axis,
            range(size).map((i) => (i + by + size) % size),
          ),
        };
      }
      yield {
        cause: 'index.reversed',
        claim: `it counts axis ${axis} from its end`,
        fix: `Count axis ${axis} from its beginning.`,
        specificity: 2,
        edit: readAt(context, axis, range(size).reverse()),
      };
    }
  },
  *form(context: RuleContext): Iterable<FormHypothesis> {
    const { truth } = context;
    for (const [axis, size] of truth.shape.entries()) {
      if (size < 2) continue;
      const predicted = moved(truth.data, truth.shape, [[axis, (i) => size - 1 - i]]);
      yield {
        cause: 'index.reversed',
        claim: `the numbers are right, but in reverse along axis ${axis}`,
        fix: `Count axis ${axis} from 0 to ${size - 1}.`,
        specificity: 1,
        predicted,
      };
      for (const by of [1, -1, 2, -2]) if (Math.abs(by) < size) yield* shifts(context, [axis], by);
    }
    const rank = truth.shape.length;
    if (rank >= 4) for (const by of [1, -1]) yield* shifts(context, [rank - 2, rank - 1], by);
  },
};

/** Shifted, with zeros, the edge, or the other end's numbers in the places that nothing was shifted to. */
function* shifts({ truth }: RuleContext, along: readonly number[], by: number): Iterable<FormHypothesis> {
  const { shape, data } = truth;
  const sizes = along.map((axis) => shape[axis] as number);
  if (sizes.some((size) => size <= Math.abs(by))) return;
  const fills = [
    { words: 'wrapping round', at: (i: number, size: number) => (((i - by) % size) + size) % size },
    { words: 'with zeros behind', at: (i: number, size: number) => (i - by < 0 || i - by >= size ? -1 : i - by) },
    { words: 'repeating the edge', at: (i: number, size: number) => Math.min(size - 1, Math.max(0, i - by)) },
    { words: 'leaving what was there', at: (i: number, size: number) => (i - by < 0 || i - by >= size ? i : i - by) },
  ];
  for (const { words, at } of fills) {
    yield {
      cause: 'index.shifted',
      claim: `the numbers are right, but ${Math.abs(by)} ${Math.abs(by) === 1 ? 'place' : 'places'} too ${by > 0 ? 'late' : 'early'} along axis ${along.join(' and ')}, ${words}`,
      fix: `Take ${by > 0 ? by : -by} ${by > 0 ? 'off' : 'more in'} the index along axis ${along.join(' and ')}.`,
      specificity: 1,
      predicted: moved(
        data,
        shape,
        along.map((axis, k) => [axis, (i) => at(i, sizes[k] as number)] as const),
      ),
    };
  }
}

/** Element i of an axis taken from place `from(i)` of it; 0 where that is −1. */
function moved(
  data: Float64Array,
  shape: readonly number[],
  moves: readonly (readonly [axis: number, from: (i: number) => number])[],
): Float64Array {
  const strides = stridesOf(shape);
  return data.map((_, offset) => {
    let at = offset;
    for (const [axis, from] of moves) {
      const stride = strides[axis] as number;
      const i = Math.floor(offset / stride) % (shape[axis] as number);
      const taken = from(i);
      if (taken < 0) return 0;
      at += (taken - i) * stride;
    }
    return data[at] as number;
  });
}

/** The node on an input whose places along one axis are taken in another order. */
function readAt(context: ForwardContext, axis: number, places: readonly number[]): Edit {
  const { node } = context;
  const draft = draftOf(context);
  const name = pick(draft, node.inputs[0] as string, axis, places);
  if (node.outputs.length === 1) return draft.done(again(draft, node, { 0: name }));
  const { nodes, constants } = draft.done(name);
  const reading = { ...node, inputs: node.inputs.map((input, slot) => (slot === 0 ? name : input)) };
  return { nodes: [...nodes.slice(0, -1), reading], ...(constants === undefined ? {} : { constants }) };
}
