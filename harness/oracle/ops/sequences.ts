import { intAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { intVector, reshaped, scalar } from '../value.ts';
import { axisIn, given, misfit } from './_context.ts';
import { upTo } from './_kit.ts';
import { typeOf } from './_types.ts';
import { concat } from './concat.ts';
import { split } from './split.ts';

// The gradient of a sequence of tensors is not implemented: operators that hand floats on say neither vjp nor noDerivative, and are refused by name.

/** An empty sequence. */
export const sequenceEmpty: Operator = {
  op: 'SequenceEmpty',
  noDerivative: 'it has no inputs',
  forward: (context) => [sequenceOf([], typeOf(context, intAttribute(context.attributes, 'dtype', 1)))],
};

/** A sequence of the inputs. */
export const sequenceConstruct: Operator = {
  op: 'SequenceConstruct',
  forward: (context, inputs) => [sequenceOf(inputs.map((_, i) => given(context, inputs, i)))],
};

/** A sequence with one tensor more, before the one at a position; at the end where there is none. */
export const sequenceInsert: Operator = {
  op: 'SequenceInsert',
  forward(context, inputs) {
    const elements = elementsOf(context, inputs);
    const at = inputs[2]?.data[0] ?? elements.length;
    const place = at === elements.length ? at : placeOf(context, inputs[2], elements.length);
    return [sequenceOf(elements.toSpliced(place, 0, given(context, inputs, 1)))];
  },
};

/** A sequence without the tensor at a position; without the last where none is given. */
export const sequenceErase: Operator = {
  op: 'SequenceErase',
  forward(context, inputs) {
    const elements = elementsOf(context, inputs);
    return [
      sequenceOf(elements.toSpliced(placeOf(context, inputs[1], elements.length), 1), given(context, inputs, 0).dtype),
    ];
  },
};

/** The tensor at a position of a sequence. */
export const sequenceAt: Operator = {
  op: 'SequenceAt',
  forward(context, inputs) {
    const elements = elementsOf(context, inputs);
    return [elements[placeOf(context, given(context, inputs, 1), elements.length)]];
  },
};

/** How many tensors a sequence has. */
export const sequenceLength: Operator = {
  op: 'SequenceLength',
  noDerivative: 'its result is a number of tensors',
  forward: (context, inputs) => [scalar('int64', elementsOf(context, inputs).length)],
};

/** The tensors of a sequence joined along an axis, or with `new_axis` stacked. */
export const concatFromSequence: Operator = {
  op: 'ConcatFromSequence',
  forward(context, inputs) {
    const elements = elementsOf(context, inputs);
    if (intAttribute(context.attributes, 'new_axis', 0) === 0) return concat.forward(context, elements);
    const rank = elements[0]?.shape.length ?? 0;
    const axis = axisIn(context, intAttribute(context.attributes, 'axis', 0), rank + 1);
    return concat.forward(
      context,
      elements.map((element) => reshaped(element, element.shape.toSpliced(axis, 0, 1))),
    );
  },
};

/** A tensor cut along an axis: into parts of one length (the last may be shorter), of given lengths, or of 1, which `keepdims: 0` drops. */
export const splitToSequence: Operator = {
  op: 'SplitToSequence',
  forward(context, inputs) {
    const [x, lengths] = [given(context, inputs, 0), inputs[1]];
    const axis = axisIn(context, intAttribute(context.attributes, 'axis', 0), x.shape.length);
    const total = x.shape[axis]!;
    const each = lengths?.data[0] ?? 1;
    const equal = upTo(Math.ceil(total / each)).map((i) => Math.min(each, total - i * each));
    const sizes = lengths && lengths.shape.length === 1 ? Array.from(lengths.data) : equal;
    const parts = split.forward(context, [x, intVector(sizes)]) as Value[];
    const drops = !lengths && intAttribute(context.attributes, 'keepdims', 1) === 0;
    return [sequenceOf(drops ? parts.map((part) => reshaped(part, x.shape.toSpliced(axis, 1))) : parts, x.dtype)];
  },
};

/** True where the optional (or tensor) is there. */
export const optionalHasElement: Operator = {
  op: 'OptionalHasElement',
  noDerivative: 'it is a boolean',
  forward: (_, inputs) => [scalar('bool', inputs[0] ? 1 : 0)],
};

function sequenceOf(elements: readonly Value[], dtype = elements[0]?.dtype ?? 'float32'): Value {
  return { dtype, shape: [elements.length], data: new Float64Array(0), elements };
}

function elementsOf(context: OperatorContext, inputs: readonly (Value | undefined)[]): readonly Value[] {
  return given(context, inputs, 0).elements ?? misfit(context, 'its input is a tensor, where a sequence is due');
}

/** A position counted from the front; the last where none is given. */
function placeOf(context: OperatorContext, position: Value | undefined, count: number): number {
  return axisIn(context, position?.data[0] ?? -1, count);
}
