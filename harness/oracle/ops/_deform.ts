import { intAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { OperatorContext, Value } from '../../types/oracle.ts';
import { given, misfit } from './_context.ts';
import type { Convolution } from './_convolution.ts';
import type { Sliding } from './_spatial.ts';
import { type Corner, cornersOf, linearTaps, zeroOutside } from './_sampling.ts';

/** One element of x as one kernel position sees it: channel c of batch element n, for output position `out`. */
export interface Sample {
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

/** Visits every sample: batch element by channel by kernel position by output position. */
export function forEachSample(
  context: OperatorContext,
  inputs: readonly (Value | undefined)[],
  { batch, channels, window }: Convolution,
  visit: (sample: Sample) => void,
): void {
  const offset = given(context, inputs, 2).data;
  if (window.input.length !== 2) misfit(context, `${window.input.length} spatial axes; two are implemented`);
  const [height = 0, width = 0] = window.input;
  const [taps, positions] = [sizeOf(window.kernel), sizeOf(window.output)];
  const groups = intAttribute(context.attributes, 'offset_group', 1);
  for (let index = 0; index < batch * channels * taps * positions; index++) {
    const [plane, tap] = [Math.floor(index / (taps * positions)), Math.floor(index / positions) % taps];
    const [n, c, out] = [Math.floor(plane / channels), plane % channels, index % positions];
    const maskAt = ((n * groups + Math.floor(c / (channels / groups))) * taps + tap) * positions + out;
    const offsetAt = 2 * (maskAt - out) + out;
    visit({
      n,
      c,
      tap,
      out,
      plane: plane * height * width,
      corners: cornersAt(context, window, tap, out, offset[offsetAt]!, offset[offsetAt + positions]!),
      mask: inputs[4]?.data[maskAt] ?? 1,
      offsetAt,
      offsetStep: positions,
      maskAt,
    });
  }
}

/** What a kernel position reads for an output position, moved by so many rows and columns. */
function cornersAt(
  context: OperatorContext,
  { input, output, kernel, strides, dilations, begin }: Sliding,
  tap: number,
  out: number,
  rows: number,
  columns: number,
): Corner[] {
  const { round } = context.arithmetic;
  const place = (axis: number, index: number, position: number): number =>
    index * strides[axis]! - begin[axis]! + position * dilations[axis]!;
  const [height = 0, width = 0] = input;
  const y = round(place(0, Math.floor(out / output[1]!), Math.floor(tap / kernel[1]!)) + rows);
  const x = round(place(1, out % output[1]!, tap % kernel[1]!) + columns);
  return cornersOf(
    [linearTaps(y, zeroOutside(height), round), linearTaps(x, zeroOutside(width), round)],
    [width, 1],
    round,
  );
}
