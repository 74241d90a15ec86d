import { LayerdiffError } from '../../harness/errors.ts';
import { sameShape } from '../../harness/shape.ts';
import { isFloat, toNumbers } from '../../harness/tensor.ts';
import type { GraphNode } from '../../harness/types/graph.ts';
import type { Shape, Tensor } from '../../harness/types/tensor.ts';
import { reshape } from './gradients/_reshape.ts';
import type { Concrete, Emitter, GradientContext } from './rule.ts';

/** What a rule may know of the graph around its node. */
export interface Surroundings {
  readonly concrete: Concrete;
  readonly original: (name: string) => string;
  readonly needed: ReadonlySet<string>;
}

/** Joins a node, its cotangents and an emitter into what its gradient rule is given. */
export function createRuleContext(
  node: GraphNode,
  cotangents: readonly (string | undefined)[],
  { concrete, original, needed }: Surroundings,
  emitter: Emitter,
): GradientContext {
  const maybeKnown = (name: string): Tensor | undefined => concrete.constant(original(name));
  const known = (name: string): Tensor => {
    const tensor = maybeKnown(name);
    if (tensor === undefined) throw unknownElements(node, name);
    return tensor;
  };
  const needs = (slot: number): boolean => {
    const input = node.inputs[slot] ?? '';
    return input !== '' && needed.has(original(input)) && isFloat(concrete.dtype(original(input)));
  };
  return {
    ...emitter,
    node,
    attributes: node.attributes,
    inputs: node.inputs,
    outputs: node.outputs,
    cotangents,
    needs,
    shape: (name) => concrete.shape(original(name)),
    dtype: (name) => concrete.dtype(original(name)),
    known,
    maybeKnown,
    knownInts: (name) => [...toNumbers(known(name))],
    unbroadcast: (gradient, from, to) => unbroadcast(emitter, gradient, from, to),
    again: (inputs = node.inputs, outputs = node.outputs.length) =>
      emitter.emitMany(node.op, inputs, outputs, node.attributes, node.domain),
  };
}

function unbroadcast(emitter: Emitter, gradient: string, from: Shape, to: Shape): string {
  if (sameShape(from, to)) return gradient;
  const lead = from.length - to.length;
  const axes = from.map((_, axis) => axis).filter((axis) => axis < lead || to[axis - lead] !== from[axis]);
  const summed = axes.length === 0 ? gradient : emitter.emit('ReduceSum', [gradient, emitter.ints(axes)]);
  // Reduced axes were kept as 1, so that only leading ones are left to drop.
  return lead === 0 ? summed : reshape(emitter, summed, to);
}

function unknownElements(node: GraphNode, name: string): LayerdiffError {
  return new LayerdiffError(
    'E_NO_GRADIENT',
    node.name,
    `the gradient of ${node.op} needs the elements of ${name}, which are computed in the run`,
    'Make that input a constant of the model, or compare forward only.',
  );
}
