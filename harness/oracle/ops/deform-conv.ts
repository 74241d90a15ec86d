import { sizeOf } from '../../shape.ts';
import type { Operator, VjpContext } from '../../types/oracle.ts';
import { cotangentOf, given } from './_context.ts';
import { addBias, type Convolution, sumByChannel } from './_convolution.ts';
import { forEachSample, type Sample } from './_deform.ts';
import { makeValue, seedOf, wants } from './_kit.ts';
import { convolutionOf } from './conv.ts';

/**
 * Conv in two dimensions whose kernel positions are each moved by an offset [batch, groups·positions·2, rows, columns] (row, column), read by
 * bilinear interpolation, and multiplied by a mask [batch, groups·positions, rows, columns]. Inputs x, w, offset, bias, mask.
 */
export const deformConv: Operator = {
  op: 'DeformConv',
  forward(context, inputs) {
    const { round } = context.arithmetic;
    const [x, w, bias] = [given(context, inputs, 0), given(context, inputs, 1), inputs[3]];
    const sizes = convolutionOf(context, x, w);
    const y = makeValue(x.dtype, [sizes.batch, sizes.features, ...sizes.window.output]);
    forEachSample(context, inputs, sizes, (sample) => {
      const value = round(sampled(x.data, sample, round) * sample.mask);
      forEachFeature(sizes, sample, (weight, out) => {
        y.data[out] = round(y.data[out]! + round(w.data[weight]! * value));
      });
    });
    if (bias) addBias(y.data, bias.data, sizeOf(sizes.window.output), round);
    return [y];
  },
  vjp: (context) => cotangents(context),
};

function cotangents(context: VjpContext) {
  const { inputs } = context;
  const { round } = context.arithmetic;
  const [x, w, offset] = [given(context, inputs, 0), given(context, inputs, 1), given(context, inputs, 2)];
  const dy = seedOf(context, 0);
  if (!dy) return [];
  const sizes = convolutionOf(context, x, w);
  const [dx, dw, doffset] = [x, w, offset].map((value) => new Float64Array(value.data.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const dmask = new Float64Array(inputs[4]?.data.length ?? 0);
  const plus = (sums: Float64Array, at: number, term: number): void => {
    sums[at] = round(sums[at]! + term);
  };
  forEachSample(context, inputs, sizes, (sample) => {
    const { corners, plane, mask, offsetAt, offsetStep, maskAt } = sample;
    const value = sampled(x.data, sample, round);
    let dvalue = 0;
    forEachFeature(sizes, sample, (weight, out) => {
      dvalue = round(dvalue + round(w.data[weight]! * dy[out]!));
      plus(dw, weight, round(dy[out]! * round(value * mask)));
    });
    if (dmask.length > 0) plus(dmask, maskAt, round(dvalue * value));
    const through = round(dvalue * mask);
    for (const { offset: at, weight, slopes } of corners) {
      plus(dx, plane + at, round(through * weight));
      for (const [axis, slope] of slopes.entries()) {
        plus(doffset, offsetAt + axis * offsetStep, round(through * round(x.data[plane + at]! * slope)));
      }
    }
  });
  const dbias = sumByChannel(dy, sizes.features, sizeOf(sizes.window.output), round);
  const answers = [dx, dw, doffset, dbias, dmask];
  return inputs.map((input, i) => (input && wants(context, i) ? cotangentOf(input, answers[i]!) : undefined));
}

function sampled(x: Float64Array, { corners, plane }: Sample, round: (x: number) => number): number {
  let sum = 0;
  for (const { offset, weight } of corners) sum = round(sum + round(weight * x[plane + offset]!));
  return sum;
}

/** Visits every (weight, output element) that reads a sample. */
function forEachFeature(
  sizes: Convolution,
  { n, c, tap, out }: Sample,
  visit: (weight: number, out: number) => void,
): void {
  const { channels, features, group, window } = sizes;
  const [perGroup, featuresPerGroup] = [channels / group, features / group];
  const [taps, positions] = [sizeOf(window.kernel), sizeOf(window.output)];
  const first = Math.floor(c / perGroup) * featuresPerGroup;
  for (let m = first; m < first + featuresPerGroup; m++) {
    visit((m * perGroup + (c % perGroup)) * taps + tap, (n * features + m) * positions + out);
  }
}
