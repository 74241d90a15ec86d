import { intsAttribute, stringAttribute } from '../../../harness/attributes.ts';
import { axisOf, sameShape } from '../../../harness/shape.ts';
import { fromNumbers, toNumbers } from '../../../harness/tensor.ts';
import type { Attributes } from '../../../harness/types/graph.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { float, ints, text } from '../rule.ts';
import { zeros } from './_index.ts';
import type { TensorMath } from './_tensors.ts';
import { range, tensorsOf } from './_tensors.ts';

/**
 * Every mode is linear and works on one axis after the other. The node itself is run on an identity matrix along each resized
 * axis, which gives that axis's matrix; dx is dy multiplied by each, so that no mode or coordinate rule is written a second time.
 */
export const resize: GradientRule = {
  op: 'Resize',
  gradient(context) {
    const x = context.inputs[0] as string;
    const shape = context.shape(x);
    const sizes = [...context.shape(context.outputs[0] as string)];
    const math = tensorsOf(context, context.dtype(x));
    const given = intsAttribute(context.attributes, 'axes', range(shape.length));
    const axes = given.map((axis) => axisOf(axis, shape.length));
    let dx = context.cotangents[0] as string;
    // ONNX Runtime copies where no size changes, whatever the scales or the region.
    if (sameShape(shape, sizes)) return [dx];
    // ONNX Runtime leaves a product over no elements as it finds it.
    if (sizes.includes(0)) return [zeros(context, shape, math.dtype)];
    axes.forEach((axis, place) => {
      if (staysAsItIs(context, shape[axis] as number, sizes[axis] as number, place)) return;
      const matrix = axisMatrix(context, math, axes, place);
      dx = applyAlong(math, matrix, dx, sizes, axis, shape[axis] as number);
      sizes[axis] = shape[axis] as number;
    });
    return [dx];
  },
};

function staysAsItIs(context: GradientContext, from: number, to: number, place: number): boolean {
  if (from !== to || mode(context, 'coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize')
    return false;
  const scales = context.inputs[2] ?? '';
  if (scales === '') return mode(context, 'keep_aspect_ratio_policy', 'stretch') === 'stretch';
  const known = context.maybeKnown(scales);
  return known !== undefined && toNumbers(known)[place] === 1;
}

const mode = (context: GradientContext, name: string, otherwise: string): string =>
  stringAttribute(context.attributes, name, otherwise);

/** [elements of x, elements of y]: what each element of x counts in each of y, along one axis. */
function axisMatrix(context: GradientContext, math: TensorMath, axes: readonly number[], place: number): string {
  const x = context.shape(context.inputs[0] as string);
  const axis = axes[place] as number;
  const [from, to] = [x[axis] as number, context.shape(context.outputs[0] as string)[axis] as number];
  const unit = Array.from({ length: from * from }, (_, k) => (k % (from + 1) === 0 ? 1 : 0));
  const identity = context.constant(fromNumbers(math.dtype, [1, from, from, 1], unit));
  const limit = limitingPlace(context, axes);
  if (limit !== undefined && limit !== place) return limitedMatrix(context, math, identity, axes, place, limit);
  const { roi, scales } = inputsAlong(context, math, place, axes.length);
  // The last axis is doubled so that some size changes.
  const fixed = scales === '' ? context.ints([1, from, to, 2]) : '';
  const made = context.emit('Resize', [identity, roi, scales, fixed], attributesOf(context));
  return math.reshape(math.slice(made, 3, 0, 1), [from, to]);
}

/** Attributes for the identity: all four axes, stretched, and nothing where a position is outside. */
function attributesOf(context: GradientContext): Attributes {
  const { axes: _axes, keep_aspect_ratio_policy: _policy, ...kept } = context.attributes;
  return { ...kept, extrapolation_value: float(0) };
}

/** roi and scales for [1, from, from, 1], whose third axis is the resized one. */
function inputsAlong(
  context: GradientContext,
  math: TensorMath,
  place: number,
  count: number,
): { roi: string; scales: string } {
  const [, roi = '', scales = ''] = context.inputs;
  const crops = mode(context, 'coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize';
  const numbers = (name: string, values: readonly number[]): string =>
    context.constant(fromNumbers(context.dtype(name), [values.length], values));
  const pick = (name: string, index: number): string => math.slice(name, 0, index, index + 1);
  return {
    roi: crops
      ? math.concat(
          [
            numbers(roi, [0, 0]),
            pick(roi, place),
            numbers(roi, [0, 1, 1]),
            pick(roi, count + place),
            numbers(roi, [1]),
          ],
          0,
        )
      : '',
    scales: scales === '' ? '' : math.concat([numbers(scales, [1, 1]), pick(scales, place), numbers(scales, [2])], 0),
  };
}

/** With an aspect ratio to keep, the axis whose ratio all others take. */
function limitingPlace(context: GradientContext, axes: readonly number[]): number | undefined {
  const policy = mode(context, 'keep_aspect_ratio_policy', 'stretch');
  const sizes = context.inputs[3] ?? '';
  if (sizes === '' || policy === 'stretch') return undefined;
  const shape = context.shape(context.inputs[0] as string);
  const ratios = context.knownInts(sizes).map((size, place) => size / (shape[axes[place] as number] as number));
  return ratios.indexOf(policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios));
}

/** The same beside the limiting axis, so that the node itself derives the scale and the rounded size from it. */
function limitedMatrix(
  context: GradientContext,
  math: TensorMath,
  identity: string,
  axes: readonly number[],
  place: number,
  limit: number,
): string {
  const [x, y] = [context.shape(context.inputs[0] as string), context.shape(context.outputs[0] as string)];
  const [axis, other] = [axes[place] as number, axes[limit] as number];
  const [from, to] = [x[axis] as number, y[axis] as number];
  const sizes = context.knownInts(context.inputs[3] as string);
  const wide = math.expand(identity, [1, from, from, x[other] as number]);
  const asked = context.ints([sizes[place] as number, sizes[limit] as number]);
  const made = context.emit('Resize', [wide, '', '', asked], {
    ...attributesOf(context),
    axes: ints([2, 3]),
    keep_aspect_ratio_policy: text(mode(context, 'keep_aspect_ratio_policy', 'stretch')),
  });
  return math.reshape(math.slice(made, 3, 0, 1), [from, to]);
}

/** Replaces one axis, of size matrix columns, by matrix · it. `shape` is that of dy. */
function applyAlong(
  math: TensorMath,
  matrix: string,
  dy: string,
  shape: readonly number[],
  axis: number,
  size: number,
): string {
  const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const [to, result] = [shape[axis] as number, [...shape.slice(0, axis), size, ...shape.slice(axis + 1)]];
  if (inner === 1) {
    const rows = math.matmul(math.reshape(dy, [outer, to]), math.transpose(matrix, [1, 0]));
    return math.reshape(rows, result);
  }
  return math.reshape(math.matmul(matrix, math.reshape(dy, [outer, to, inner])), result);
}
