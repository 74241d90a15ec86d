import { floatAttribute, intAttribute } from '../../../harness/attributes.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import type { GradientRule } from '../rule.ts';
import { tensorsOf } from './_tensors.ts';

/**
 * y = x s^−β with s = bias + α/size Σ x² over a window of channels, ⌊(size−1)/2⌋ before and ⌈(size−1)/2⌉ after:
 * dx = dy s^−β − 2αβ/size x ⊙ (the windows that hold it)(dy x s^(−β−1)).
 */
export const lrn: GradientRule = {
  op: 'LRN',
  gradient(context) {
    const x = context.inputs[0] as string;
    const shape = context.shape(x);
    const [batch = 1, channels = 1] = shape;
    const view = [batch, channels, shape.slice(2).reduce((a, b) => a * b, 1)];
    const size = intAttribute(context.attributes, 'size', 1);
    const alpha = floatAttribute(context.attributes, 'alpha', 1e-4);
    const beta = floatAttribute(context.attributes, 'beta', 0.75);
    const bias = floatAttribute(context.attributes, 'bias', 1);
    const math = tensorsOf(context, context.dtype(x));
    const band = (from: number, to: number): string => {
      const cells = Array.from({ length: channels ** 2 }, (_, k) => (k % channels) - Math.floor(k / channels));
      return context.constant(
        fromNumbers(
          math.dtype,
          [channels, channels],
          cells.map((offset) => (from <= offset && offset <= to ? 1 : 0)),
        ),
      );
    };
    const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
    const [flat, dy] = [math.reshape(x, view), math.reshape(context.cotangents[0] as string, view)];
    const sums = math.add(math.mul(math.matmul(band(-before, after), math.mul(flat, flat)), alpha / size), bias);
    const direct = math.mul(dy, math.pow(sums, -beta));
    const held = math.matmul(band(-after, before), math.div(math.mul(direct, flat), sums));
    const through = math.mul(math.mul(flat, held), (2 * alpha * beta) / size);
    return [math.reshape(math.sub(direct, through), shape)];
  },
};
