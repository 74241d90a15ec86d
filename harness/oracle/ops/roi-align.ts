import { floatAttribute, intAttribute, stringAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, refuse } from './_context.ts';
import { makeValue, seedOf } from './_kit.ts';
import { type Corner, cornersOf, type Tap } from './_sampling.ts';

/**
 * Reads regions [count, 4] (x1, y1, x2, y2) of x [batch, channels, rows, columns] on a grid of bins: the mean of each bin's samples, or
 * with `mode: max` the largest weighted corner of them (as the standard's reference has it). No gradient flows to the regions.
 */
export const roiAlign: Operator = {
  op: 'RoiAlign',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const { round } = context.arithmetic;
    const { rows, columns, maximum } = optionsOf(context);
    const y = makeValue(x.dtype, [given(context, inputs, 1).shape[0]!, x.shape[1]!, rows, columns]);
    forEachBin(context, inputs, (out, plane, corners, count) => {
      const terms = corners.map(({ offset, weight }) => round(weight * x.data[plane + offset]!));
      if (maximum) y.data[out] = terms.length > 0 ? Math.max(...terms) : 0;
      else y.data[out] = round(terms.reduce((sum, term) => round(sum + term), 0) / count);
    });
    return [y];
  },
  vjp(context) {
    const x = given(context, context.inputs, 0);
    const dy = seedOf(context, 0);
    if (!dy || !context.needs[0]) return [];
    const { round } = context.arithmetic;
    const dx = new Float64Array(x.data.length);
    const { maximum } = optionsOf(context);
    forEachBin(context, context.inputs, (out, plane, corners, count) => {
      const terms = corners.map(({ offset, weight }) => round(weight * x.data[plane + offset]!));
      const first = maximum ? terms.indexOf(Math.max(...terms)) : -1;
      const seed = maximum ? dy[out]! : round(dy[out]! / count);
      for (const [i, { offset, weight }] of corners.entries()) {
        if (!maximum || i === first) dx[plane + offset] = round(dx[plane + offset]! + round(seed * weight));
      }
    });
    return [cotangentOf(x, dx)];
  },
};

function optionsOf(context: OperatorContext) {
  const { attributes, opset } = context;
  const mode = stringAttribute(attributes, 'mode', 'avg');
  if (mode !== 'avg' && mode !== 'max') refuse(context, `mode "${mode}"`, 'avg and max are supported.');
  const otherwise = opset >= 16 ? 'half_pixel' : 'output_half_pixel';
  return {
    rows: intAttribute(attributes, 'output_height', 1),
    columns: intAttribute(attributes, 'output_width', 1),
    ratio: intAttribute(attributes, 'sampling_ratio', 0),
    scale: floatAttribute(attributes, 'spatial_scale', 1),
    half: stringAttribute(attributes, 'coordinate_transformation_mode', otherwise) === 'half_pixel',
    maximum: mode === 'max',
  };
}

/** Visits every output element with the corners of all samples of its bin, and the number of samples. */
function forEachBin(
  context: OperatorContext,
  inputs: readonly (Value | undefined)[],
  visit: (out: number, plane: number, corners: readonly Corner[], count: number) => void,
): void {
  const [x, rois, batches] = [given(context, inputs, 0), given(context, inputs, 1), given(context, inputs, 2)];
  const { round } = context.arithmetic;
  const { rows, columns, ratio, scale, half } = optionsOf(context);
  const [, channels = 0, height = 0, width = 0] = x.shape;
  for (let k = 0; k < rois.shape[0]!; k++) {
    // How many samples is decided in float32 also in float64: the two would disagree where a size is all but whole.
    const samples = (axis: 0 | 1, bins: number, length: number): Tap[][][] => {
      const [low, high] = [rois.data[k * 4 + axis]!, rois.data[k * 4 + axis + 2]!];
      const start = round(round(low * scale) - (half ? 0.5 : 0));
      const whole = round(round(round(high * scale) - (half ? 0.5 : 0)) - start);
      const extent = half ? whole : Math.max(whole, 1);
      return binsOf(
        start,
        round(extent / bins),
        bins,
        ratio > 0 ? ratio : Math.ceil(Math.fround(extent / bins)),
        length,
        round,
      );
    };
    const [down, across] = [samples(1, rows, height), samples(0, columns, width)];
    for (let bin = 0; bin < rows * columns; bin++) {
      const [vertical, horizontal] = [down[Math.floor(bin / columns)]!, across[bin % columns]!];
      const corners = vertical.flatMap((a) => horizontal.flatMap((b) => cornersOf([a, b], [width, 1], round)));
      const count = Math.max(vertical.length * horizontal.length, 1);
      for (let c = 0; c < channels; c++) {
        const plane = (batches.data[k]! * channels + c) * height * width;
        visit((k * channels + c) * rows * columns + bin, plane, corners, count);
      }
    }
  }
}

/** The taps of every sample of every bin along one axis; a sample more than one beyond an end counts as 0. */
function binsOf(
  start: number,
  size: number,
  bins: number,
  count: number,
  length: number,
  r: (x: number) => number,
): Tap[][][] {
  return Array.from({ length: bins }, (_, bin) =>
    Array.from({ length: count }, (__, i) => {
      const at = r(r(start + r(bin * size)) + r(r((i + 0.5) * size) / count));
      if (at < -1 || at > length) return [];
      const low = Math.min(Math.floor(Math.max(at, 0)), length - 1);
      const rest = low >= length - 1 ? 0 : r(Math.max(at, 0) - low);
      return [
        { index: low, weight: r(1 - rest), slope: 0 },
        { index: Math.min(low + 1, length - 1), weight: rest, slope: 0 },
      ];
    }),
  );
}
