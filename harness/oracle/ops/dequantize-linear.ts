import { intAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import { cotangentOf, given } from './_context.ts';
import { makeValue, seedOf, wants } from './_kit.ts';
import { centred, scaleIndex } from './_quantize.ts';

/** y = (x − zero point) · scale; scale for all, for each index of `axis`, or for blocks along it. */
export const dequantizeLinear: Operator = {
  op: 'DequantizeLinear',
  forward(context, inputs) {
    const [x, scale, zero] = [given(context, inputs, 0), given(context, inputs, 1), inputs[2]];
    const { round } = context.arithmetic;
    const { attributes } = context;
    const [axis, block] = [intAttribute(attributes, 'axis', 1), intAttribute(attributes, 'block_size', 0)];
    const index = scaleIndex(context, x.shape, scale, axis, block);
    const y = centred(x, zero, index).map((element, i) => round(element * scale.data[index(i)]!));
    return [makeValue(scale.dtype, x.shape, y)];
  },
  vjp(context) {
    const { inputs, attributes } = context;
    const [x, scale] = [given(context, inputs, 0), given(context, inputs, 1)];
    const dy = seedOf(context, 0);
    if (!dy || !wants(context, 1)) return [];
    const { round } = context.arithmetic;
    const [axis, block] = [intAttribute(attributes, 'axis', 1), intAttribute(attributes, 'block_size', 0)];
    const index = scaleIndex(context, x.shape, scale, axis, block);
    const dscale = new Float64Array(scale.data.length);
    for (const [i, element] of centred(x, inputs[2], index).entries()) {
      dscale[index(i)] = round(dscale[index(i)]! + round(dy[i]! * element));
    }
    return [undefined, cotangentOf(scale, dscale)];
  },
};
