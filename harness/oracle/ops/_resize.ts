import { floatAttribute, floatsAttribute, intAttribute, intsAttribute, stringAttribute } from '../../attributes.ts';
import type { OperatorContext, Value } from '../../types/oracle.ts';
import { axisIn, misfit, refuse } from './_context.ts';
import { upTo } from './_kit.ts';
import { type AxisMap, axisMap, cubicWeight, type Entries } from './_resample.ts';

type Round = (x: number) => number;

/** How one axis is resized. */
interface AxisSize {
  readonly inputs: number;
  readonly outputs: number;
  readonly scale: number;
  /** The part of the input that tf_crop_and_resize reads, as fractions of it. */
  readonly from: number;
  readonly to: number;
}

/** The map of every axis of x, null where it stays as it is. */
export function resizeMaps(
  context: OperatorContext,
  x: Value,
  inputs: readonly (Value | undefined)[],
): (AxisMap | null)[] {
  const mode = stringAttribute(context.attributes, 'mode', 'nearest');
  if (mode !== 'nearest' && mode !== 'linear' && mode !== 'cubic' && mode !== 'bilinear') {
    refuse(context, `mode "${mode}"`, 'nearest, linear and cubic are supported.');
  }
  return axesOf(context, x, inputs).map((axis) => {
    const crops = transformationOf(context) === 'tf_crop_and_resize' && (axis.from !== 0 || axis.to !== 1);
    if (axis.scale === 1 && axis.inputs === axis.outputs && !crops) return null;
    return axisMap(
      axis.inputs,
      axis.outputs,
      mode === 'nearest' ? nearest(context, axis) : smooth(context, axis, mode),
    );
  });
}

const transformationOf = ({ attributes, opset }: OperatorContext): string =>
  opset < 11 ? 'asymmetric' : stringAttribute(attributes, 'coordinate_transformation_mode', 'half_pixel');

/** Reads scales or sizes, of all axes or (opset 18) of `axes`, and the region of interest. Before opset 11 scales are the second input; Upsample 7 has them as an attribute. */
function axesOf(context: OperatorContext, x: Value, inputs: readonly (Value | undefined)[]): AxisSize[] {
  const { attributes, opset } = context;
  const rank = x.shape.length;
  const axes = (intsAttribute(attributes, 'axes', undefined) ?? upTo(rank)).map((a) => axisIn(context, a, rank));
  const [roi, scaleInput, sizeInput] = opset < 11 ? [undefined, inputs[1], undefined] : inputs.slice(1);
  const scales =
    scaleInput && scaleInput.data.length > 0 ? Array.from(scaleInput.data) : floatsAttribute(attributes, 'scales');
  const sizes = sizeInput && sizeInput.data.length > 0 ? fittedSizes(context, x, sizeInput, axes) : null;
  if (!sizes && scales.length !== axes.length) misfit(context, `${scales.length} scales for ${axes.length} axes`);
  const crops = transformationOf(context) === 'tf_crop_and_resize' && roi !== undefined && roi.data.length > 0;
  return x.shape.map((length, axis) => {
    const k = axes.indexOf(axis);
    if (k < 0) return { inputs: length, outputs: length, scale: 1, from: 0, to: 1 };
    const scale = sizes ? sizes[k]!.scale : scales[k]!;
    const outputs = sizes ? sizes[k]!.size : Math.floor(length * scale);
    const [from, to] = crops ? [roi.data[k]!, roi.data[k + axes.length]!] : [0, 1];
    return { inputs: length, outputs, scale, from, to };
  });
}

/** What `sizes` come to under `keep_aspect_ratio_policy`: one scale for all axes, so that none is larger (smaller) than asked. */
function fittedSizes(
  context: OperatorContext,
  x: Value,
  sizes: Value,
  axes: readonly number[],
): { size: number; scale: number }[] {
  const policy = stringAttribute(context.attributes, 'keep_aspect_ratio_policy', 'stretch');
  const ratios = axes.map((axis, k) => sizes.data[k]! / x.shape[axis]!);
  if (policy === 'stretch') return axes.map((_, k) => ({ size: sizes.data[k]!, scale: ratios[k]! }));
  if (policy !== 'not_larger' && policy !== 'not_smaller') {
    refuse(context, `keep_aspect_ratio_policy "${policy}"`, 'stretch, not_larger and not_smaller are supported.');
  }
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return axes.map((axis) => ({ size: Math.floor(scale * x.shape[axis]! + 0.5), scale }));
}

/** Where output o lies in the input; NaN where tf_crop_and_resize looks outside. */
function coordinate(context: OperatorContext, axis: AxisSize, r: Round): (o: number) => number {
  const mode = transformationOf(context);
  const { inputs, outputs, from, to } = axis;
  const scale = r(axis.scale);
  const halfPixel = (o: number): number => r(r(r(o + 0.5) / scale) - 0.5);
  switch (mode) {
    case 'half_pixel':
      return halfPixel;
    case 'pytorch_half_pixel':
      return outputs > 1 ? halfPixel : () => 0;
    case 'asymmetric':
      return (o) => r(o / scale);
    case 'align_corners':
      return outputs > 1 ? (o) => r(r(o * (inputs - 1)) / (outputs - 1)) : () => 0;
    case 'half_pixel_symmetric': {
      // The middle of what is kept lies on the middle of the input, where the output's size was rounded down.
      const adjustment = r(outputs / r(scale * inputs));
      const offset = r(r(inputs / 2) * r(1 - adjustment));
      return (o) => r(offset + halfPixel(o));
    }
    case 'tf_crop_and_resize': {
      const start = r(from * (inputs - 1));
      const step = outputs > 1 ? r(r(r(to - from) * (inputs - 1)) / (outputs - 1)) : 0;
      const middle = r(r(0.5 * r(from + to)) * (inputs - 1));
      return (o) => {
        const at = outputs > 1 ? r(start + r(o * step)) : middle;
        return at < 0 || at > inputs - 1 ? Number.NaN : at;
      };
    }
    default:
      return refuse(context, `coordinate_transformation_mode "${mode}"`, 'Those of opset 19 are supported.');
  }
}

/** The one input that is nearest. Coordinates are float32 also in float64: half a unit in their last place would decide otherwise. */
function nearest(context: OperatorContext, axis: AxisSize): (o: number) => Entries | null {
  const at = coordinate(context, axis, Math.fround);
  const mode = stringAttribute(context.attributes, 'nearest_mode', 'round_prefer_floor');
  const choose: Readonly<Record<string, (x: number) => number>> = {
    round_prefer_floor: (x) => Math.ceil(x - 0.5),
    round_prefer_ceil: (x) => Math.floor(x + 0.5),
    floor: Math.floor,
    ceil: Math.ceil,
  };
  // Before opset 11 there was no choice: down where the axis grows, up where it shrinks (as ONNX Runtime has it).
  const pick = context.opset < 11 ? (axis.scale < 1 ? Math.ceil : Math.floor) : choose[mode];
  if (!pick) return refuse(context, `nearest_mode "${mode}"`, `Supported are ${Object.keys(choose).join(', ')}.`);
  return (o) => {
    const x = at(o);
    return Number.isNaN(x) ? null : [{ index: pick(x), weight: 1 }];
  };
}

/** The inputs around a coordinate, weighted by a triangle or by the cubic kernel; stretched by 1/scale with `antialias` where the axis shrinks. */
function smooth(context: OperatorContext, axis: AxisSize, mode: string): (o: number) => Entries | null {
  const { attributes, arithmetic } = context;
  const r = arithmetic.round;
  const at = coordinate(context, axis, r);
  const a = floatAttribute(attributes, 'cubic_coeff_a', -0.75);
  const shrink = intAttribute(attributes, 'antialias', 0) !== 0 ? Math.min(r(axis.scale), 1) : 1;
  const excludes = intAttribute(attributes, 'exclude_outside', 0) !== 0;
  const kernel =
    mode === 'cubic' ? (x: number) => cubicWeight(x, a, r) : (x: number) => Math.max(0, r(1 - Math.abs(x)));
  const reach = (mode === 'cubic' ? 2 : 1) / shrink;
  return (o) => {
    const x = at(o);
    if (Number.isNaN(x)) return null;
    const entries: { index: number; weight: number }[] = [];
    let sum = 0;
    for (let index = Math.ceil(x - reach); index <= Math.floor(x + reach); index++) {
      if (excludes && (index < 0 || index >= axis.inputs)) continue;
      const weight = kernel(r(r(index - x) * shrink));
      entries.push({ index, weight });
      sum = r(sum + weight);
    }
    if (!excludes && shrink === 1) return entries;
    return entries.map(({ index, weight }) => ({ index, weight: r(weight / sum) }));
  };
}
