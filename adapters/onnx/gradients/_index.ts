import { sizeOf } from '../../../harness/shape.ts';
import type { DataType, Shape } from '../../../harness/types/tensor.ts';
import type { Emitter, GradientContext } from '../rule.ts';
import { int, text } from '../rule.ts';
import { reshape } from './_reshape.ts';

/** A tensor of zeros of the type and shape, made when the graph runs. */
export function zeros(emitter: Emitter, shape: Shape, dtype: DataType): string {
  const shapeless = emitter.scalar(0, dtype);
  return emitter.emit('Expand', [shapeless, emitter.ints(shape)]);
}

/** int64 numbers first, first + 1, … in row-major order over `shape`. */
export function positions(emitter: Emitter, shape: Shape, first = 0): string {
  const scalar = (value: number): string =>
    emitter.constant({ dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(value)) });
  const flat = emitter.emit('Range', [scalar(first), scalar(first + sizeOf(shape)), scalar(1)]);
  return reshape(emitter, flat, shape);
}

/**
 * The index trick: the adjoint of any operator that only moves (drops, repeats, pads) elements of one input. The operator
 * itself is run on the positions 1…N of that input, which says for each output element where it came from (0: from nowhere),
 * so that no attribute has to be understood a second time. `move` gets the int64 positions and returns the moved int64 positions.
 *
 * @param dy gradient of the output; sums what repeats
 * @param shape of the moved input, which is the shape of the result
 */
export function adjointOfMove(
  emitter: Emitter,
  dy: string,
  shape: Shape,
  dtype: DataType,
  move: (positions: string) => string,
): string {
  const size = sizeOf(shape);
  const flat = emitter.ints([-1]);
  const source = emitter.emit('Reshape', [move(positions(emitter, shape, 1)), flat]);
  const gradient = emitter.emit('Reshape', [dy, flat]);
  const slots = zeros(emitter, [size + 1], dtype);
  const summed = emitter.emit('ScatterElements', [slots, source, gradient], { axis: int(0), reduction: text('add') });
  const kept = emitter.emit('Slice', [summed, emitter.ints([1]), emitter.ints([size + 1])]);
  return reshape(emitter, kept, shape);
}

/** {@link adjointOfMove} for a node whose input `slot` is moved by the node itself; its kernel has to take int64. */
export function adjointOfNode(context: GradientContext, slot: number, output = 0): string {
  const input = context.inputs[slot] as string;
  return adjointOfMove(
    context,
    context.cotangents[output] as string,
    context.shape(input),
    context.dtype(input),
    (positionsOfInput) =>
      context.again(context.inputs.map((name, k) => (k === slot ? positionsOfInput : name)))[output] as string,
  );
}
