import { intAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import { given } from './_context.ts';
import { makeValue, upTo } from './_kit.ts';
import { typeOf } from './_types.ts';

/** Triangles that spread over the bins of a spectrum, evenly on the mel scale: [dft_length/2 + 1, bins]. */
export const melWeightMatrix: Operator = {
  op: 'MelWeightMatrix',
  noDerivative: 'it depends on sizes and frequencies only',
  forward(context, inputs) {
    const number = (i: number): number => given(context, inputs, i).data[0]!;
    const [bins, length, rate, lower, upper] = [number(0), number(1), number(2), number(3), number(4)];
    const dtype = typeOf(context, intAttribute(context.attributes, 'output_datatype', 1));
    const [low, high] = [melOf(lower), melOf(upper)];
    const edges = upTo(bins + 2).map((i) => {
      const hertz = 700 * (10 ** ((low + (i * (high - low)) / (bins + 2)) / 2595) - 1);
      return Math.floor(((length + 1) * hertz) / rate);
    });
    const out = makeValue(dtype, [Math.floor(length / 2) + 1, bins]);
    for (let bin = 0; bin < bins; bin++) {
      const [left, centre, right] = [edges[bin]!, edges[bin + 1]!, edges[bin + 2]!];
      for (let i = left; i <= centre; i++)
        out.data[i * bins + bin] = left === centre ? 1 : (i - left) / (centre - left);
      for (let i = centre; i < right; i++) out.data[i * bins + bin] = (right - i) / (right - centre);
    }
    return [out];
  },
};

const melOf = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
