import { intAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { cotangentOf, given, misfit } from './_context.ts';
import { addBias, type Convolution, sumByChannel } from './_convolution.ts';
import { makeValue, seedOf, wants } from './_kit.ts';
import { type Corner, cornersOf, linearTaps, zeroOutside } from './_sampling.ts';
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

/** One element of x as one kernel position sees it: channel c of batch element n, for output position `out`. */
interface Sample {
  readonly n: number;
  readonly c: number;
  readonly tap: number;
  readonly out: number;
  readonly plane: number;
  readonly corners: readonly Corner[];
  readonly mask: number;
  /** Where its offsets start (the column's lies `offsetStep` behind the row's), and its mask. */
  readonly offsetAt: number;
  readonly offsetStep: number;
  readonly maskAt: number;
}

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

function forEachSample(
  context: OperatorContext,
  inputs: readonly (Value | undefined)[],
  { batch, channels, window }: Convolution,
  visit: (sample: Sample) => void,
): void {
  const { round } = context.arithmetic;
  const [offset, mask] = [given(context, inputs, 2), inputs[4]];
  if (window.input.length !== 2) misfit(context, `${window.input.length} spatial axes; two are implemented`);
  const [height = 0, width = 0] = window.input;
  const columns = window.output[1]!;
  const [taps, positions] = [sizeOf(window.kernel), sizeOf(window.output)];
  const groups = intAttribute(context.attributes, 'offset_group', 1);
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      const set = n * groups + Math.floor(c / (channels / groups));
      for (let tap = 0; tap < taps; tap++) {
        const maskBase = (set * taps + tap) * positions;
        for (let out = 0; out < positions; out++) {
          const offsetAt = 2 * maskBase + out;
          const place = (axis: number, index: number, kernel: number): number =>
            index * window.strides[axis]! - window.begin[axis]! + kernel * window.dilations[axis]!;
          const row = place(0, Math.floor(out / columns), Math.floor(tap / window.kernel[1]!));
          const column = place(1, out % columns, tap % window.kernel[1]!);
          const y = round(row + offset.data[offsetAt]!);
          const x = round(column + offset.data[offsetAt + positions]!);
          const along = [linearTaps(y, zeroOutside(height), round), linearTaps(x, zeroOutside(width), round)];
          visit({
            n,
            c,
            tap,
            out,
            plane: (n * channels + c) * height * width,
            corners: cornersOf(along, [width, 1], round),
            mask: mask?.data[maskBase + out] ?? 1,
            offsetAt,
            offsetStep: positions,
            maskAt: maskBase + out,
          });
        }
      }
    }
  }
}
