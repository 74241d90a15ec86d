import { int, ints, text } from '../../onnx/rule.ts';
import { type Describe, type Describers, type Sketchpad, whole } from './_layer.ts';
import { fromFirst, isLast, toFirst } from './_layout.ts';

/** Its forward counts the places of the image, its gradient those of the window. */
export const PADDED_MEAN = 'the gradient of tf.avgPool is wrong at padded edges';

const pool =
  (op: string): Describe =>
  (pad) => {
    const size = [...(pad.layer['poolSize'] as readonly number[])];
    const strides = [...((pad.layer['strides'] as readonly number[] | null) ?? size)];
    const attributes = {
      kernel_shape: ints(size),
      strides: ints(strides),
      auto_pad: text(pad.layer['padding'] === 'same' ? 'SAME_UPPER' : 'VALID'),
    };
    if (op === 'AveragePool' && pad.layer['padding'] === 'same' && size.some((n) => n > 1)) pad.distrust(PADDED_MEAN);
    return fromFirst(pad, pad.emit(op, [toFirst(pad)], attributes));
  };

/** Over all places, which are then gone. */
const overall =
  (op: string): Describe =>
  (pad) => {
    const rank = pad.shapes[0]?.length ?? 4;
    const from = isLast(pad) ? 1 : 2;
    const axes = Array.from({ length: rank - 2 }, (_, i) => i + from);
    return pad.emit(op, [pad.inputs[0] as string, whole(pad, axes)], { keepdims: int(0) });
  };

const merge =
  (op: string): Describe =>
  (pad) =>
    pad.inputs.length === 1 ? pad.emit('Identity', pad.inputs) : pad.emit(op, equalised(pad));

/** tfjs-layers gives the operand of fewer axes ones behind its batch; ONNX would put them in front. */
function equalised(pad: Sketchpad): readonly string[] {
  const ranks = pad.shapes.map((shape) => shape.length);
  const most = Math.max(...ranks);
  return pad.inputs.map((input, i) => {
    const missing = most - (ranks[i] as number);
    if (missing === 0) return input;
    return pad.emit('Unsqueeze', [
      input,
      whole(
        pad,
        Array.from({ length: missing }, (_, axis) => axis + 1),
      ),
    ]);
  });
}

/** Two or more operands, from the left. */
const folded =
  (op: string): Describe =>
  (pad) => {
    const [first, ...rest] = equalised(pad) as [string, ...string[]];
    return rest.reduce((a, b) => pad.emit(op, [a, b]), first);
  };

export const pooling: Describers = {
  MaxPooling1D: pool('MaxPool'),
  MaxPooling2D: pool('MaxPool'),
  MaxPooling3D: pool('MaxPool'),
  AveragePooling1D: pool('AveragePool'),
  AveragePooling2D: pool('AveragePool'),
  AveragePooling3D: pool('AveragePool'),
  GlobalAveragePooling1D: overall('ReduceMean'),
  GlobalAveragePooling2D: overall('ReduceMean'),
  GlobalMaxPooling1D: overall('ReduceMax'),
  GlobalMaxPooling2D: overall('ReduceMax'),
  Add: folded('Add'),
  Multiply: folded('Mul'),
  Average: merge('Mean'),
  Maximum: folded('Max'),
  Minimum: folded('Min'),
  Concatenate: (pad) => pad.emit('Concat', pad.inputs, { axis: int(pad.layer['axis'] as number) }),
};
