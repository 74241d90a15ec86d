import { int, text } from '../rule.ts';
import type { GradientRule } from '../rule.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import { zeros } from './_index.ts';
import { adjointOfForward } from './_spectrum.ts';
import { range, tensorsOf } from './_tensors.ts';

/** Frames of the signal, multiplied by the window and transformed: taken back frame by frame, and added where frames overlap. */
export const stft: GradientRule = {
  op: 'STFT',
  gradient(context) {
    const [signal = '', step = '', window = '', frame = ''] = context.inputs;
    const shape = context.shape(signal);
    const [batch = 1, samples = 1, parts = 1] = shape;
    const output = context.shape(context.outputs[0] as string);
    const frames = output[1] as number;
    const length = window === '' ? (context.knownInts(frame)[0] as number) : (context.shape(window)[0] as number);
    const hop = context.knownInts(step)[0] as number;
    const math = tensorsOf(context, context.dtype(signal));
    const complex = adjointOfForward(math, context.cotangents[0] as string, { axis: 2, length, shape: output });
    // [batch, frame, element, part]
    const felt = parts === 2 ? complex : math.slice(complex, 3, 0, 1);
    const places = range(frames * length).map((k) => Math.floor(k / length) * hop + (k % length));
    const index = context.constant(fromNumbers('int64', [1, frames * length, 1], places));
    const wide = context.emit('Expand', [index, context.ints([batch, 1, parts])]);
    const windowed = window === '' ? felt : math.mul(felt, math.reshape(window, [length, 1]));
    const summed = context.emit(
      'ScatterElements',
      [
        zeros(context, [batch, samples, parts], math.dtype),
        wide,
        math.reshape(windowed, [batch, frames * length, parts]),
      ],
      { axis: int(1), reduction: text('add') },
    );
    if (!context.needs(2)) return [math.reshape(summed, shape)];
    const read = context.emit('GatherElements', [math.reshape(signal, [batch, samples, parts]), wide], {
      axis: int(1),
    });
    const product = math.mul(math.reshape(read, [batch, frames, length, parts]), felt);
    return [math.reshape(summed, shape), undefined, math.sum(product, [0, 1, 3], false)];
  },
};
