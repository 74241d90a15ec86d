import { floatAttribute, intAttribute } from '../attributes.ts';
import { sameShape, sizeOf, stridesOf } from '../shape.ts';
import type { ForwardContext } from '../types/rule.ts';
import type { Shape } from '../types/tensor.ts';
import { type Patch, shaped } from './_patch.ts';

/** A scale, shift or statistic: its name, its own shape, and the shape in which it is broadcast against what it is applied to. */
export interface Parameter {
  readonly name: string;
  readonly own: Shape;
  readonly shape: Shape;
}

/** Any normalisation, said in one way: x seen as `view`, normalised over `axes` of it, then scaled and shifted. */
export interface Norm {
  readonly x: string;
  readonly shape: Shape;
  readonly view: Shape;
  readonly axes: readonly number[];
  /** Which mean is subtracted: of the elements normalised together; none (root mean square). */
  readonly centred: boolean;
  readonly epsilon: number;
  readonly scale: Parameter | null;
  readonly bias: Parameter | null;
  /** True where scale and shift are applied in the view (one a group), else in x's own shape. */
  readonly inView: boolean;
  /** Statistics that are given and not computed. */
  readonly running: { readonly mean: Parameter; readonly variance: Parameter } | null;
}

/** What a faulty norm does otherwise. */
export interface NormFault {
  /** inside: √(v + ε); outside: √v + ε; variance: v + ε, no root. */
  readonly root?: 'inside' | 'outside' | 'variance';
  readonly unbiased?: boolean;
  /** The mean is not subtracted from what is divided, though the variance is about it. */
  readonly keepsMean?: boolean;
  /** The variance of each group, where it is known by number. */
  readonly variances?: ArrayLike<number>;
}

export const NORMS = [
  'BatchNormalization',
  'LayerNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'RMSNormalization',
  'SimplifiedLayerNormalization',
];

/** The node as a norm, or null where it is none or its inputs are not known. */
export function normOf(context: ForwardContext): Norm | null {
  const { node, attributes, inputs, opset } = context;
  const shape = inputs[0]?.shape;
  if (shape === undefined || shape.length === 0) return null;
  const parameter = (slot: number, to: Shape): Parameter | null => {
    const value = inputs[slot];
    return value === undefined ? null : { name: node.inputs[slot] as string, own: value.shape, shape: to };
  };
  const epsilon = floatAttribute(attributes, 'epsilon', 1e-5);
  const base = {
    x: node.inputs[0] as string,
    shape,
    view: shape,
    epsilon,
    centred: true,
    inView: false,
    running: null,
  };
  const [batch = 1, channels = 1, ...spatial] = shape;
  const rank = shape.length;
  const perChannel = [channels, ...spatial.map(() => 1)];
  const channelwise = { scale: parameter(1, perChannel), bias: parameter(2, perChannel) };
  const all = shape.map((_, axis) => axis);
  switch (node.op) {
    case 'BatchNormalization': {
      const axes = all.filter((axis) => axis !== 1);
      const trains = opset >= 14 && intAttribute(attributes, 'training_mode', 0) !== 0;
      const [mean, variance] = [parameter(3, perChannel), parameter(4, perChannel)];
      if (mean === null || variance === null) return null;
      return { ...base, ...channelwise, axes, running: trains ? null : { mean, variance } };
    }
    case 'InstanceNormalization':
      return { ...base, ...channelwise, axes: all.slice(2) };
    case 'GroupNormalization': {
      const groups = intAttribute(attributes, 'num_groups', 1);
      const view = [batch, groups, (channels / groups) * sizeOf(spatial)];
      const inView = opset < 21;
      const parameters = inView ? { scale: parameter(1, [groups, 1]), bias: parameter(2, [groups, 1]) } : channelwise;
      return { ...base, ...parameters, view, inView, axes: [2] };
    }
    case 'LayerNormalization':
    case 'RMSNormalization':
    case 'SimplifiedLayerNormalization': {
      const axis = intAttribute(attributes, 'axis', -1);
      const centred = node.op === 'LayerNormalization';
      const own = (slot: number): Parameter | null => parameter(slot, inputs[slot]?.shape ?? []);
      const axes = all.slice(axis < 0 ? axis + rank : axis);
      return { ...base, centred, axes, scale: own(1), bias: centred ? own(2) : null };
    }
    default:
      return null;
  }
}

/** Writes the norm, with a fault, in primitive operators; returns the name of its result. */
export function writeNorm(p: Patch, norm: Norm, fault: NormFault = {}): string {
  const { x, shape, view, axes, running, epsilon } = norm;
  const seen = shaped(p, x, shape, view);
  const bring = ({ name, own, shape: to }: Parameter): string => shaped(p, name, own, to);
  const mean = running === null ? p.reduce('ReduceMean', seen, axes) : bring(running.mean);
  const deviation = norm.centred ? p.emit('Sub', [seen, mean]) : seen;
  const variance =
    fault.variances !== undefined
      ? p.numbers(groupShape(norm), fault.variances)
      : running !== null
        ? bring(running.variance)
        : p.reduce('ReduceMean', p.emit('Mul', [deviation, deviation]), axes);
  const count = sizeOf(axes.map((axis) => view[axis] as number));
  const used = fault.unbiased === true ? p.emit('Mul', [variance, p.scalar(count / (count - 1))]) : variance;
  const [small, root] = [p.scalar(epsilon), fault.root ?? 'inside'];
  const divisor =
    root === 'outside'
      ? p.emit('Add', [p.emit('Sqrt', [used]), small])
      : root === 'inside'
        ? p.emit('Sqrt', [p.emit('Add', [used, small])])
        : p.emit('Add', [used, small]);
  const hat = p.emit('Div', [fault.keepsMean === true ? seen : deviation, divisor]);
  const before = norm.inView ? hat : shaped(p, hat, view, shape);
  const scaled = norm.scale === null ? before : p.emit('Mul', [before, bring(norm.scale)]);
  const shifted = norm.bias === null ? scaled : p.emit('Add', [scaled, bring(norm.bias)]);
  return norm.inView ? shaped(p, shifted, view, shape) : shifted;
}

/** One number for each group that is normalised together, broadcast against the view. */
const groupShape = ({ view, axes, running }: Norm): number[] =>
  running === null ? view.map((size, axis) => (axes.includes(axis) ? 1 : size)) : [...running.variance.shape];

/** The group of each element of x. A norm with running statistics has a group a channel. */
export function groupsOf({ view, axes }: Norm): { readonly of: Int32Array; readonly count: number } {
  const strides = stridesOf(view);
  const kept = view.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const of = new Int32Array(sizeOf(view));
  for (let i = 0; i < of.length; i++) {
    let group = 0;
    for (const axis of kept) {
      group = group * (view[axis] as number) + (Math.floor(i / (strides[axis] as number)) % (view[axis] as number));
    }
    of[i] = group;
  }
  return { of, count: sizeOf(kept.map((axis) => view[axis] as number)) };
}

/** True where two norms normalise the same elements together. */
export const sameGroups = (a: Norm, view: Shape, axes: readonly number[]): boolean =>
  sameShape(a.view, view) && a.axes.length === axes.length && a.axes.every((axis) => axes.includes(axis));
