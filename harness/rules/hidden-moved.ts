import { isFloat } from '../tensor.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import type { Shape } from '../types/tensor.ts';
import { isConstant } from './_numbers.ts';
import { type Patch, patch } from './_patch.ts';

/** A tensor inside a fused layer, not recorded itself, of which the numbers lie in the wrong places: shifted, in reverse, or read in another order of axes. */
export const hiddenMoved: Rule = {
  id: 'hidden-moved',
  late: true,
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, outputs, direct } = context;
    const [y] = outputs;
    if (direct || y === undefined || !isFloat(y.dtype) || node.outputs.length > 1 || node.inputs.length === 0) return;
    if (node.domain !== '' || y.data.length < 2 || isConstant(y.data)) return;
    for (const { cause, what, fix, write } of movesOf(y.shape)) {
      const p = patch(context);
      const right = p.emit(node.op, node.inputs, node.attributes);
      yield {
        cause,
        claim: `what ${node.name} hands on inside this layer is right, but ${what}`,
        fix: `${fix} where ${node.name}'s result is written.`,
        specificity: 2,
        edit: p.edit(write(p, right)),
      };
    }
  },
};

interface Move {
  readonly cause: string;
  readonly what: string;
  readonly fix: string;
  /** Emits the tensor as the bug leaves it. */
  readonly write: (p: Patch, right: string) => string;
}

/** The last axes first: they are the ones that loops run over most. */
function* movesOf(shape: Shape): Iterable<Move> {
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    if (size < 2) continue;
    const places = Array.from({ length: size }, (_, i) => i);
    yield {
      cause: 'index.reversed',
      what: `in reverse along axis ${axis}`,
      fix: `Count axis ${axis} from 0 to ${size - 1}`,
      write: (p, right) => p.take(right, places.toReversed(), axis),
    };
    if (size > 2) yield* shiftsAlong(shape, axis, places);
    if (axis === 0 && size > 1 && shape.length > 1) {
      yield {
        cause: 'region.partial',
        what: 'every example is the first',
        fix: 'Move on by one example for each of the batch',
        write: (p, right) =>
          p.take(
            right,
            places.map(() => 0),
            0,
          ),
      };
    }
  }
  const [rows, columns] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  if (rows < 2 || columns < 2) return;
  const rank = shape.length;
  const swapped = shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  yield {
    cause: 'axes.permuted',
    what: 'its last two axes are swapped in memory',
    fix: `Write [${shape.join(', ')}] with the last axis innermost`,
    write: (p, right) => p.reshape(p.emit('Transpose', [right], { perm: { kind: 'ints', value: swapped } }), shape),
  };
}

function* shiftsAlong(shape: Shape, axis: number, places: readonly number[]): Iterable<Move> {
  const size = places.length;
  for (const by of [1, -1]) {
    const from = places.map((i) => (i - by + size) % size);
    const told = {
      cause: 'index.shifted',
      fix: `Take the index along axis ${axis} one ${by > 0 ? 'further on' : 'back'}`,
    };
    const what = `one place too ${by > 0 ? 'late' : 'early'} along axis ${axis}`;
    const lost = by > 0 ? 0 : size - 1;
    const kept = places.map((i) => (i === lost ? 0 : 1));
    const across = shape.map((_, k) => (k === axis ? size : 1));
    yield { ...told, what: `${what}, wrapping round`, write: (p, right) => p.take(right, from, axis) };
    yield {
      ...told,
      what: `${what}, with zeros behind`,
      write: (p, right) => p.emit('Mul', [p.take(right, from, axis), p.numbers(across, kept)]),
    };
    yield {
      ...told,
      what: `${what}, repeating the edge`,
      write: (p, right) =>
        p.take(
          right,
          from.map((place, i) => (i === lost ? lost : place)),
          axis,
        ),
    };
  }
}
