import { ints } from '../../adapters/onnx/rule.ts';
import { intsAttribute } from '../../harness/attributes.ts';
import { roundToBfloat16 } from '../../harness/numerics/float16.ts';
import { stridesOf } from '../../harness/shape.ts';
import { float32, toNumbers } from '../../harness/tensor.ts';
import type { Attribute, Graph, GraphNode } from '../../harness/types/graph.ts';
import type { Tensor } from '../../harness/types/tensor.ts';

/** What a bug does to the numbers of a tensor. */
export type Change = (tensor: Tensor) => Tensor;

type Element = (x: Float64Array, i: number, shape: readonly number[]) => number;

const each =
  (element: Element): Change =>
  (tensor) => {
    const x = toNumbers(tensor);
    return float32(
      tensor.shape,
      x.map((_, i) => element(x, i, tensor.shape)),
    );
  };

/** The axis that has the channels of an image, the rows of a matrix. */
const channelAxis = (shape: readonly number[]): number => (shape.length === 4 && shape[0] === 1 ? 1 : 0);
const indexAlong = (i: number, shape: readonly number[], axis: number): number =>
  Math.floor(i / (stridesOf(shape)[axis] as number)) % (shape[axis] as number);
const middle = (shape: readonly number[]): number => Math.floor((shape[channelAxis(shape)] as number) / 2);
const inMiddle = (i: number, shape: readonly number[]): boolean =>
  indexAlong(i, shape, channelAxis(shape)) === middle(shape);

export const times = (factor: number): Change => each((x, i) => factor * x[i]!);
export const channelZero: Change = each((x, i, shape) => (inMiddle(i, shape) ? 0 : x[i]!));
export const channelTimes = (factor: number): Change =>
  each((x, i, shape) => (inMiddle(i, shape) ? factor * x[i]! : x[i]!));
/** The element of the largest magnitude, times a factor. */
export const elementTimes = (factor: number): Change => {
  let at = -1;
  return (tensor) => {
    const x = toNumbers(tensor);
    at = x.reduce((best, v, i) => (Math.abs(v) > Math.abs(x[best]!) ? i : best), 0);
    return float32(
      tensor.shape,
      x.map((v, i) => (i === at ? factor * v : v)),
    );
  };
};
/** The last 7 elements stay 0: a tail that a vector loop leaves. */
export const tailZero: Change = each((x, i) => (i >= x.length - 7 ? 0 : x[i]!));
export const shifted: Change = each((x, i) => x[(i + 1) % x.length]!);
export const bfloat16: Change = each((x, i) => roundToBfloat16(x[i]!));
export const negativesZero: Change = each((x, i) => Math.max(0, x[i]!));

/** The graph with one node in another form; its outputs keep their names. */
export function edited(graph: Graph, name: string, edit: (node: GraphNode) => GraphNode): Graph {
  return { ...graph, nodes: graph.nodes.map((node) => (node.name === name ? edit(node) : node)) };
}

export const attributed =
  (attributes: Readonly<Record<string, Attribute>>) =>
  (node: GraphNode): GraphNode => ({ ...node, attributes: { ...node.attributes, ...attributes } });

const padsOf = ({ attributes }: GraphNode): readonly number[] => intsAttribute(attributes, 'pads', []) ?? [];

export const isPadded = (node: GraphNode): boolean => padsOf(node).some((pad) => pad > 0);

/** All the padding behind the image, none before it. */
export const paddedAtEnd = (node: GraphNode): GraphNode => {
  const pads = padsOf(node);
  const half = pads.length / 2;
  const moved = pads.map((_, i) => (i < half ? 0 : (pads[i] as number) + (pads[i - half] as number)));
  return attributed({ pads: ints(moved) })(node);
};

/** Another operator in the node's place. */
export const replaced =
  (op: string, slots: readonly number[], attributes: Readonly<Record<string, Attribute>> = {}) =>
  (node: GraphNode): GraphNode => ({ ...node, op, inputs: slots.map((slot) => node.inputs[slot] ?? ''), attributes });
