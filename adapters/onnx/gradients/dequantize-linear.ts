import { intAttribute } from '../../../harness/attributes.ts';
import { axisOf } from '../../../harness/shape.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { int } from '../rule.ts';
import { mathOf } from './_math.ts';
import { reshape } from './_reshape.ts';

/** y = (x − zero point) · scale, with one scale for all, one for each place of an axis, or one for each block along it. Only the scale is a float. */
export const dequantizeLinear: GradientRule = {
  op: 'DequantizeLinear',
  gradient(context) {
    const [, scale] = context.inputs as [string, string];
    const one = context.again(
      withScale(
        context,
        context.emit('Expand', [context.scalar(1, context.dtype(scale)), context.ints(context.shape(scale))]),
      ),
    );
    const { mul } = mathOf(context, context.dtype(scale));
    const each = mul(context.cotangents[0] as string, one[0] as string);
    return [undefined, sumForScale(context, each)];
  },
};

const withScale = ({ inputs }: GradientContext, scale: string): string[] => [
  inputs[0] as string,
  scale,
  ...inputs.slice(2),
];

/** Sums what has the shape of x over everything that shares a scale. */
function sumForScale(context: GradientContext, each: string): string {
  const [shape, scales] = [0, 1].map((slot) => context.shape(context.inputs[slot] as string)) as [number[], number[]];
  const axis = axisOf(intAttribute(context.attributes, 'axis', 1), shape.length);
  if (intAttribute(context.attributes, 'block_size', 0) !== 0) return sumOfBlocks(context, each, shape, axis);
  const axes = shape.map((_, k) => k).filter((k) => scales.length === 0 || scales[0] === 1 || k !== axis);
  const sum = axes.length === 0 ? each : context.emit('ReduceSum', [each, context.ints(axes)], { keepdims: int(0) });
  return reshape(context, sum, scales);
}

/** The last block may be shorter: it is filled up with zeros. */
function sumOfBlocks(context: GradientContext, each: string, shape: readonly number[], axis: number): string {
  const size = intAttribute(context.attributes, 'block_size', 0);
  const blocks = Math.ceil((shape[axis] as number) / size);
  const after = shape.map((length, k) => (k === axis ? blocks * size - length : 0));
  const full = context.emit('Pad', [each, context.ints([...shape.map(() => 0), ...after])]);
  const split = [...shape.slice(0, axis), blocks, size, ...shape.slice(axis + 1)];
  return context.emit('ReduceSum', [reshape(context, full, split), context.ints([axis + 1])], { keepdims: int(0) });
}
