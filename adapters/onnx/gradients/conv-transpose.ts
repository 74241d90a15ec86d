import { intAttribute, intsAttribute, stringAttribute } from '../../../harness/attributes.ts';
import type { Attributes } from '../../../harness/types/graph.ts';
import type { Shape } from '../../../harness/types/tensor.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { int, ints } from '../rule.ts';
import type { Convolution } from './_convolution.ts';
import { weightGradient } from './_convolution.ts';
import type { TensorMath } from './_tensors.ts';
import { range, tensorsOf } from './_tensors.ts';

/** The adjoint of the convolution rule: the input's gradient is the convolution of dy, the weight's has input and dy swapped. */
export const convTranspose: GradientRule = {
  op: 'ConvTranspose',
  gradient(context) {
    const [x = '', weight = ''] = context.inputs;
    const dy = context.cotangents[0] as string;
    const [xShape, yShape] = [context.shape(x), context.shape(context.outputs[0] as string)];
    const math = tensorsOf(context, context.dtype(x));
    const kernel = context.shape(weight).slice(2);
    const convolution = transposedOf(context.attributes, kernel, xShape.slice(2), yShape.slice(2));
    return [
      context.needs(0) ? inputGradient(context, math, convolution, xShape) : undefined,
      context.needs(1) ? weightGradient(math, dy, yShape, x, xShape, convolution) : undefined,
      context.needs(2) ? math.sum(dy, [0, ...range(yShape.length - 2, 2)], false) : undefined,
    ];
  },
};

/** Conv(dy, weight), cut to the windows that x has: output_padding may make room for one more. */
function inputGradient(context: GradientContext, math: TensorMath, convolution: Convolution, xShape: Shape): string {
  const { kernel, strides, dilations, group, begin, end } = convolution;
  const windows = math.emitter.emit('Conv', [context.cotangents[0] as string, context.inputs[1] as string], {
    kernel_shape: ints(kernel),
    strides: ints(strides),
    dilations: ints(dilations),
    group: int(group),
    pads: ints([...begin, ...end]),
  });
  const [starts, ends, axes] = [kernel.map(() => 0), xShape.slice(2), range(kernel.length, 2)];
  return math.emitter.emit('Slice', [windows, ...[starts, ends, axes].map(math.emitter.ints)]);
}

/** Pads as ONNX resolves them from output_shape or auto_pad: what the transposed convolution makes too much is cut at both ends. */
function transposedOf(attributes: Attributes, kernel: Shape, input: Shape, output: Shape): Convolution {
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(attributes, 'strides', ones);
  const dilations = intsAttribute(attributes, 'dilations', ones);
  const extra = intsAttribute(
    attributes,
    'output_padding',
    kernel.map(() => 0),
  );
  const automatic = stringAttribute(attributes, 'auto_pad', 'NOTSET');
  const rank = kernel.length;
  const common = { kernel, strides, dilations, group: intAttribute(attributes, 'group', 1) };
  const asked = intsAttribute(attributes, 'output_shape', undefined);
  if (asked === undefined && (automatic === 'NOTSET' || automatic === 'VALID' || automatic === '')) {
    const given = automatic === 'VALID' ? undefined : intsAttribute(attributes, 'pads', undefined);
    const pads = given ?? [...ones, ...ones].fill(0);
    return { ...common, begin: pads.slice(0, rank), end: pads.slice(rank) };
  }
  const totals = input.map((size, axis) => {
    const extent = (dilations[axis] as number) * ((kernel[axis] as number) - 1) + 1;
    const natural = (size - 1) * (strides[axis] as number) + (extra[axis] as number) + extent;
    return Math.max(natural - (output[axis] as number), 0);
  });
  const begin = totals.map((n) => (automatic === 'SAME_UPPER' ? Math.floor(n / 2) : Math.ceil(n / 2)));
  return { ...common, begin, end: totals.map((n, axis) => n - (begin[axis] as number)) };
}
