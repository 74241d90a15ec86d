import { sameShape, sizeOf } from '../shape.ts';
import { fromNumbers, int64, isFloat } from '../tensor.ts';
import type { Attributes, GraphNode } from '../types/graph.ts';
import type { Edit, ForwardContext } from '../types/rule.ts';
import type { DataType, Shape, Tensor } from '../types/tensor.ts';

/** Writes the nodes that stand in the place of a faulty one. All names are tensor names. */
export interface Patch {
  /** Adds a node and returns its output. */
  emit(op: string, inputs: readonly string[], attributes?: Attributes): string;
  /** Adds a node with several outputs. */
  emitMany(op: string, inputs: readonly string[], outputs: number, attributes?: Attributes): readonly string[];
  constant(tensor: Tensor): string;
  /** A number of the type that the node computes in. */
  scalar(x: number): string;
  /** Float elements of the type that the node computes in. */
  numbers(shape: Shape, elements: ArrayLike<number>): string;
  ints(values: readonly number[]): string;
  /** The tensor in another shape. */
  reshape(name: string, shape: Shape): string;
  /** ReduceMean, ReduceSum, …: the axes stay as 1. */
  reduce(op: string, name: string, axes: readonly number[]): string;
  /** The places `indices` along `axis`, in this order. */
  take(name: string, indices: readonly number[], axis: number): string;
  /** The edit, with `result` in the place of the node's first output; its other outputs are as they were, unless given. */
  edit(result: string, others?: Readonly<Record<number, string>>): Edit;
  /** The edit that keeps the node, reading other tensors in these slots: a second bug can be looked for in what is left. */
  keep(inputs: Readonly<Record<number, string>>): Edit;
}

/** Starts a patch of the context's node. */
export function patch(context: ForwardContext): Patch {
  const { node, wiring, fresh } = context;
  const { opset } = wiring.graph;
  const version = opset.get('') ?? opset.get('ai.onnx') ?? 1;
  const nodes: GraphNode[] = [];
  const constants = new Map<string, Tensor>();
  const dtype = floatOf(context);
  let made = 0;
  const next = (hint: string): string => fresh(`${hint}${made++}`);
  const add = (op: string, inputs: readonly string[], outputs: readonly string[], attributes: Attributes): void => {
    nodes.push({ name: outputs[0] as string, op, domain: '', inputs, outputs, attributes });
  };
  const constant = (tensor: Tensor): string => {
    const name = next('constant');
    constants.set(name, tensor);
    return name;
  };
  const emitMany: Patch['emitMany'] = (op, inputs, outputs, attributes = {}) => {
    const names = Array.from({ length: outputs }, () => next(op));
    add(op, inputs, names, attributes);
    return names;
  };
  const emit: Patch['emit'] = (op, inputs, attributes = {}) => emitMany(op, inputs, 1, attributes)[0] as string;
  const ints = (values: readonly number[]): string => constant(int64([values.length], values));
  return {
    emit,
    emitMany,
    constant,
    ints,
    scalar: (x) => constant(fromNumbers(dtype, [], [x])),
    numbers: (shape, elements) => constant(fromNumbers(dtype, shape, elements)),
    reshape: (name, shape) => emit('Reshape', [name, ints(shape)]),
    reduce: (op, name, axes) => {
      // Axes became an input in opset 13 for ReduceSum, in 18 for the others.
      const asInput = version >= (op === 'ReduceSum' ? 13 : 18);
      return asInput ? emit(op, [name, ints(axes)]) : emit(op, [name], { axes: { kind: 'ints', value: axes } });
    },
    take: (name, indices, axis) => emit('Gather', [name, ints(indices)], { axis: { kind: 'int', value: axis } }),
    edit: (result, others = {}) => {
      const left = node.outputs.map((name, i) => (i > 0 && name !== '' && others[i] === undefined ? name : ''));
      const keeps = left.some((name) => name !== '');
      const given = [[0, result] as const, ...Object.entries(others).map(([i, name]) => [Number(i), name] as const)];
      const ends = given
        .filter(([i]) => (node.outputs[i] ?? '') !== '')
        .map(([i, name]) => identity(name, node.outputs[i] as string));
      const spare = keeps ? [{ ...node, outputs: left.map((name, i) => (i === 0 ? next('spare') : name)) }] : [];
      return { nodes: [...spare, ...nodes, ...ends], constants };
    },
    keep: (inputs) => ({
      nodes: [...nodes, { ...node, inputs: node.inputs.map((name, slot) => inputs[slot] ?? name) }],
      constants,
    }),
  };
}

const identity = (from: string, to: string): GraphNode => ({
  name: to,
  op: 'Identity',
  domain: '',
  inputs: [from],
  outputs: [to],
  attributes: {},
});

function floatOf({ inputs, outputs }: ForwardContext): Exclude<DataType, 'string'> {
  const found = [...inputs, ...outputs].find((value) => value !== undefined && isFloat(value.dtype));
  return (found?.dtype ?? 'float32') as Exclude<DataType, 'string'>;
}

/** The tensor in this shape: itself where it has it already. */
export function shaped(p: Patch, name: string, from: Shape, to: Shape): string {
  return sameShape(from, to) ? name : p.reshape(name, to);
}

/** All sets of axes, at most so many, smallest first; neither none nor, where there is more than one axis, repeated. */
export function axisSets(rank: number, most = 32): readonly (readonly number[])[] {
  const sets: number[][] = [];
  for (let bits = 1; bits < 2 ** Math.min(rank, 10); bits++) {
    sets.push(Array.from({ length: rank }, (_, axis) => axis).filter((axis) => bits & (2 ** axis)));
  }
  return sets.sort((a, b) => a.length - b.length).slice(0, most);
}

/** How many elements lie along the axes. */
export const sizeAlong = (shape: Shape, axes: readonly number[]): number =>
  sizeOf(axes.map((axis) => shape[axis] as number));
