import { stringAttribute } from '../attributes.ts';
import { sizeOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { GraphNode, Wiring } from '../types/graph.ts';
import type { ForwardContext } from '../types/rule.ts';
import type { Shape } from '../types/tensor.ts';

/** Operators that are losses. */
export const LOSSES = ['SoftmaxCrossEntropyLoss', 'NegativeLogLikelihoodLoss'];

/** Which sum a loss divides by what. */
export type Reduction = 'none' | 'sum' | 'mean';

export const reductionOf = ({ attributes }: Pick<ForwardContext, 'attributes'>): Reduction => {
  const found = stringAttribute(attributes, 'reduction', 'mean');
  return found === 'sum' || found === 'none' ? found : 'mean';
};

/** A count by which a sum may be divided, in words. */
export interface Count {
  readonly value: number;
  readonly name: string;
}

/** The counts that a shape offers: each axis, and every product of axes that stand together from the front or the back, and of all. */
export function countsOf(shape: Shape): readonly Count[] {
  const found: Count[] = [];
  const add = (value: number, name: string): void => {
    if (value > 1 && !found.some((count) => count.value === value)) found.push({ value, name });
  };
  add(sizeOf(shape), `all ${sizeOf(shape)} elements`);
  shape.forEach((size, axis) => add(size, axis === 0 ? `the ${size} examples` : `the ${size} of axis ${axis}`));
  for (let end = 2; end < shape.length; end++) {
    add(sizeOf(shape.slice(0, end)), `the ${sizeOf(shape.slice(0, end))} of axes 0 … ${end - 1}`);
    add(sizeOf(shape.slice(-end)), `the ${sizeOf(shape.slice(-end))} of the last ${end} axes`);
  }
  return found;
}

/** How far a loss may be behind a node that belongs to it. */
const MOST_STEPS = 16;

/** What loss values go through on their way to the end of the graph: reductions, signs, factors, sums of losses. */
const TAIL = [
  'ReduceMean',
  'ReduceSum',
  'Neg',
  'Mul',
  'Div',
  'Add',
  'Sub',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Identity',
  'Cast',
  'Mean',
  'Sum',
  'Sqrt',
  'Where',
];

/** True where the tensor only goes through the tail of a loss to a scalar output of the graph, being reduced on the way (or being reduced already). */
export function endsInLoss(wiring: Wiring, tensor: string, value: (name: string) => Value | null): boolean {
  const outputs = new Set(wiring.graph.outputs.map((output) => output.name));
  let name = tensor;
  for (let step = 0; step < MOST_STEPS; step++) {
    const readers = wiring.consumers.get(name) ?? [];
    if (readers.length === 0) return outputs.has(name) && isScalar(wiring, name, value);
    const reader = readers.find((node) => TAIL.includes(node.op));
    if (reader === undefined) return false;
    name = reader.outputs[0] as string;
  }
  return false;
}

function isScalar({ graph }: Wiring, name: string, value: (name: string) => Value | null): boolean {
  const declared = graph.outputs.find((output) => output.name === name)?.shape;
  const held = value(name);
  if (held !== null) return held.data.length === 1;
  return declared?.every((size) => size === 1) ?? true;
}

/** True where the tensor is made of squared differences: Pow 2, or a product with itself, within a few steps back. */
export function isSquared(wiring: Wiring, tensor: string): boolean {
  let maker: GraphNode | undefined = wiring.producer.get(tensor);
  for (let step = 0; step < MOST_STEPS && maker !== undefined; step++) {
    if (maker.op === 'Pow' || maker.op === 'ReduceSumSquare') return true;
    if (maker.op === 'Mul' && maker.inputs[0] === maker.inputs[1]) return true;
    if (!TAIL.includes(maker.op)) return false;
    maker = maker.inputs
      .map((name) => wiring.producer.get(name))
      .find((node) => node !== undefined && node.op !== 'Constant');
  }
  return false;
}
