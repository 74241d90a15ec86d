import { intsAttribute } from '../../../harness/attributes.ts';
import { sizeOf } from '../../../harness/shape.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { int } from '../rule.ts';
import { reshape } from './_reshape.ts';

/** Columns were added into an image: each column element gets the gradient of the pixel that it went to, none from beyond the border. */
export const col2im: GradientRule = {
  op: 'Col2Im',
  gradient(context) {
    const [x, y] = [context.inputs[0] as string, context.outputs[0] as string];
    const [batch, channels, ...image] = context.shape(y) as [number, number, ...number[]];
    const pixels = sizeOf(image);
    // One more pixel, which holds 0, stands for everything in the padding.
    const flat = reshape(context, context.cotangents[0] as string, [batch, channels, pixels]);
    const extended = context.emit('Pad', [flat, context.ints([0, 0, 0, 0, 0, 1])]);
    const columns = context.emit('Gather', [extended, context.ints(targetsOf(context, image))], { axis: int(2) });
    return [reshape(context, columns, context.shape(x))];
  },
};

/** The pixel of every [kernel element, position], in row-major order. */
function targetsOf(context: GradientContext, image: readonly number[]): number[] {
  const block = context.knownInts(context.inputs[2] as string);
  const [dilations, strides] = ['dilations', 'strides'].map((name) =>
    intsAttribute(
      context.attributes,
      name,
      image.map(() => 1),
    ),
  ) as [readonly number[], readonly number[]];
  const pads = intsAttribute(
    context.attributes,
    'pads',
    [...image, ...image].map(() => 0),
  );
  const steps = image.map((size, d) => {
    const room = size + (pads[d] as number) + (pads[image.length + d] as number);
    return Math.floor((room - (dilations[d] as number) * ((block[d] as number) - 1) - 1) / (strides[d] as number)) + 1;
  });
  const outside = sizeOf(image);
  return everyIndex(block).flatMap((kernel) =>
    everyIndex(steps).map((step) => {
      let pixel = 0;
      for (let d = 0; d < image.length; d++) {
        const at =
          (step[d] as number) * (strides[d] as number) +
          (kernel[d] as number) * (dilations[d] as number) -
          (pads[d] as number);
        if (at < 0 || at >= (image[d] as number)) return outside;
        pixel = pixel * (image[d] as number) + at;
      }
      return pixel;
    }),
  );
}

function everyIndex(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (prefixes, size) => prefixes.flatMap((prefix) => Array.from({ length: size }, (_, k) => [...prefix, k])),
    [[]],
  );
}
