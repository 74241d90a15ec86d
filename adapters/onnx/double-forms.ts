import { floatAttribute, intAttribute, intsAttribute } from '../../harness/attributes.ts';
import { indexOf, sizeOf } from '../../harness/shape.ts';
import { fromNumbers } from '../../harness/tensor.ts';
import type { GraphNode } from '../../harness/types/graph.ts';
import type { Shape } from '../../harness/types/tensor.ts';
import { type Windows, windowsOf } from './gradients/_convolution.ts';
import { range, type TensorMath } from './gradients/_tensors.ts';
import { int, ints } from './rule.ts';

/** What a form is given: float64 arithmetic in nodes, and the shapes of the network's tensors. */
export interface FormContext {
  readonly math: TensorMath;
  shape(name: string): Shape;
}

/** Writes a node in operators that ONNX Runtime has double kernels of; undefined where that form of it cannot be. */
type Form = (node: GraphNode, context: FormContext) => string | undefined;

/** An element-wise operator of one input. */
const unary =
  (form: (math: TensorMath, x: string, node: GraphNode) => string): Form =>
  (node, { math }) =>
    form(math, node.inputs[0] as string, node);

const alphaOf = ({ attributes }: GraphNode, otherwise: number): number =>
  floatAttribute(attributes, 'alpha', otherwise);

/** log(1 + exp(x)) = max(x, 0) + log(1 + exp(−|x|)), without overflow. */
function softplus(math: TensorMath, x: string): string {
  return math.add(math.emitter.emit('Relu', [x]), math.log(math.add(1, math.exp(math.neg(math.abs(x))))));
}

/** scale · x above 0; scale · alpha · (exp(x / width) − 1) below. */
function exponential(math: TensorMath, x: string, scale: number, alpha: number, width = 1): string {
  const below = math.mul(
    scale * alpha,
    math.sub(math.exp(math.div(math.emitter.emit('Min', [x, math.name(0)]), width)), 1),
  );
  return math.where(math.greater(x, 0), math.mul(scale, x), below);
}

const hardSigmoid = (math: TensorMath, x: string, alpha: number, beta: number): string =>
  math.emitter.emit('Clip', [math.add(math.mul(alpha, x), beta), math.name(0), math.name(1)]);

const half = (math: TensorMath, a: string): string => math.mul(0.5, a);

/** By the name of the operator in ai.onnx. */
export const doubleForms: Readonly<Record<string, Form>> = {
  Conv: convolution,
  AveragePool: averagePool,
  GlobalAveragePool: (node, { math, shape }) => math.mean(first(node), range(shape(first(node)).length - 2, 2)),
  GlobalMaxPool: (node, { math, shape }) =>
    math.emitter.emit('ReduceMax', [first(node), math.emitter.ints(range(shape(first(node)).length - 2, 2))]),
  InstanceNormalization: instanceNormalization,
  Mean: (node, { math }) => math.div(math.emitter.emit('Sum', node.inputs), node.inputs.length),
  LeakyRelu: unary((math, x, node) => math.where(math.greater(x, 0), x, math.mul(alphaOf(node, 0.01), x))),
  PRelu: (node, { math }) =>
    math.where(math.greater(first(node), 0), first(node), math.mul(first(node), node.inputs[1] as string)),
  Elu: unary((math, x, node) => exponential(math, x, 1, alphaOf(node, 1))),
  Celu: unary((math, x, node) => exponential(math, x, 1, alphaOf(node, 1), alphaOf(node, 1))),
  Selu: unary((math, x, node) =>
    exponential(
      math,
      x,
      floatAttribute(node.attributes, 'gamma', 1.0507009873554805),
      alphaOf(node, 1.6732632423543772),
    ),
  ),
  ThresholdedRelu: unary((math, x, node) => math.where(math.greater(x, alphaOf(node, 1)), x, 0)),
  HardSigmoid: unary((math, x, node) =>
    hardSigmoid(math, x, alphaOf(node, 0.2), floatAttribute(node.attributes, 'beta', 0.5)),
  ),
  HardSwish: unary((math, x) => math.mul(x, hardSigmoid(math, x, 1 / 6, 0.5))),
  Softplus: unary(softplus),
  Softsign: unary((math, x) => math.div(x, math.add(1, math.abs(x)))),
  Mish: unary((math, x) => math.mul(x, math.tanh(softplus(math, x)))),
  Tan: unary((math, x) => math.div(math.sin(x), math.cos(x))),
  Sinh: unary((math, x) => half(math, math.sub(math.exp(x), math.exp(math.neg(x))))),
  Cosh: unary((math, x) => half(math, math.add(math.exp(x), math.exp(math.neg(x))))),
  Asinh: unary((math, x) =>
    math.mul(math.sign(x), math.log(math.add(math.abs(x), math.sqrt(math.add(math.mul(x, x), 1))))),
  ),
  Acosh: unary((math, x) => math.log(math.add(x, math.sqrt(math.sub(math.mul(x, x), 1))))),
  Atanh: unary((math, x) => half(math, math.log(math.div(math.add(1, x), math.sub(1, x))))),
};

const first = (node: GraphNode): string => node.inputs[0] as string;

/** DeformConv whose offsets are all zero is a convolution, and has a double kernel; of two axes, so that one axis gets a second. */
function convolution(node: GraphNode, { math, shape }: FormContext): string | undefined {
  const [x = '', w = '', bias = ''] = node.inputs;
  const kernel = shape(w).slice(2);
  if (kernel.length > 2) return undefined;
  const windows = windowsOf(node.attributes, kernel, shape(x).slice(2), 'convolution');
  const group = intAttribute(node.attributes, 'group', 1);
  const y = shape(node.outputs[0] as string);
  if (kernel.length === 2) return slide(math, [x, w, bias], windows, group, y);
  const flat = { x: [...shape(x), 1], w: [...shape(w), 1], y: [...y, 1] };
  const wide = slide(math, [math.reshape(x, flat.x), math.reshape(w, flat.w), bias], second(windows), group, flat.y);
  return math.reshape(wide, y);
}

/** The same windows with an axis of one element behind theirs. */
function second({ kernel, strides, dilations, begin, end }: Windows): Windows {
  return {
    kernel: [...kernel, 1],
    strides: [...strides, 1],
    dilations: [...dilations, 1],
    begin: [...begin, 0],
    end: [...end, 0],
  };
}

/** @param inputs x: [batch, inputs, …2 axes], w: [outputs, inputs / group, …2 axes], bias or '' */
function slide(
  math: TensorMath,
  inputs: readonly [string, string, string],
  windows: Windows,
  group: number,
  y: Shape,
): string {
  const [x, w, bias] = inputs;
  const [batch = 1, , ...places] = y;
  const offsets = [batch, 2 * sizeOf(windows.kernel), ...places];
  // One zero, expanded: the model does not grow with the image.
  const still = math.expand(math.emitter.constant(fromNumbers('float64', [1, 1, 1, 1], [0])), offsets);
  return math.emitter.emit('DeformConv', bias === '' ? [x, w, still] : [x, w, still, bias], {
    kernel_shape: ints(windows.kernel),
    strides: ints(windows.strides),
    dilations: ints(windows.dilations),
    pads: ints([...windows.begin, ...windows.end]),
    group: int(group),
  });
}

/** The sum over each window, divided by how many elements count there. */
function averagePool(node: GraphNode, { math, shape }: FormContext): string | undefined {
  const [x, y] = [shape(first(node)), shape(node.outputs[0] as string)];
  const kernel = intsAttribute(node.attributes, 'kernel_shape', []);
  if (kernel.length > 2) return undefined;
  const declared = windowsOf(node.attributes, kernel, x.slice(2), 'pool');
  // ceil_mode: the last window overhangs what the pads declare.
  const reach = (axis: number): number =>
    ((y[axis + 2] as number) - 1) * at(declared.strides, axis) +
    at(declared.dilations, axis) * (at(kernel, axis) - 1) +
    1;
  const end = kernel.map((_, axis) => reach(axis) - at(declared.begin, axis) - at(x, axis + 2));
  const windows = { ...declared, end };
  const flat = kernel.length === 1 ? second(windows) : windows;
  const places = kernel.length === 1 ? [...y.slice(2), 1] : y.slice(2);
  const images = sizeOf(x.slice(0, 2));
  const sizes = kernel.length === 1 ? [...x.slice(2), 1] : x.slice(2);
  const ones = math.emitter.constant(
    fromNumbers('float64', [1, 1, ...flat.kernel], new Float64Array(sizeOf(kernel)).fill(1)),
  );
  const sum = slide(math, [math.reshape(first(node), [images, 1, ...sizes]), ones, ''], flat, 1, [
    images,
    1,
    ...places,
  ]);
  const includesPads = intAttribute(node.attributes, 'count_include_pad', 0) === 1;
  const counts = fromNumbers('float64', y.slice(2), countsOf(declared, y.slice(2), x.slice(2), includesPads));
  return math.div(math.reshape(sum, y), math.emitter.constant(counts));
}

/** Elements that count in each window: those of the image; with `includesPads` those of its declared padding too. */
function countsOf(windows: Windows, places: Shape, sizes: Shape, includesPads: boolean): Float64Array {
  const within = (axis: number, place: number): number => {
    const [low, high] = includesPads
      ? [-at(windows.begin, axis), at(sizes, axis) + at(windows.end, axis)]
      : [0, at(sizes, axis)];
    const start = place * at(windows.strides, axis) - at(windows.begin, axis);
    const taken = range(at(windows.kernel, axis)).map((k) => start + k * at(windows.dilations, axis));
    return taken.filter((position) => position >= low && position < high).length;
  };
  return Float64Array.from({ length: sizeOf(places) }, (_, k) =>
    indexOf(k, places).reduce((count, place, axis) => count * within(axis, place), 1),
  );
}

/** (x − mean) / √(variance + ε) · scale + bias, over all axes but batch and channel. */
function instanceNormalization(node: GraphNode, { math, shape }: FormContext): string {
  const [x = '', scale = '', bias = ''] = node.inputs;
  const rank = shape(x).length;
  const centred = math.sub(x, math.mean(x, range(rank - 2, 2)));
  const variance = math.mean(math.mul(centred, centred), range(rank - 2, 2));
  const channels = [at(shape(x), 1), ...range(rank - 2).map(() => 1)];
  const normalised = math.div(centred, math.sqrt(math.add(variance, floatAttribute(node.attributes, 'epsilon', 1e-5))));
  return math.add(math.mul(normalised, math.reshape(scale, channels)), math.reshape(bias, channels));
}

const at = (list: readonly number[], index: number): number => list[index] as number;
