import { intAttribute } from '../attributes.ts';
import type { Wiring } from '../graph.ts';
import { axisOf } from '../shape.ts';
import { toNumbers } from '../tensor.ts';
import type { TensorType } from '../types/adapter.ts';
import type { GraphNode } from '../types/graph.ts';

/** A node that reads a tensor of whole numbers, and below what they must be; null where the operator says nothing. */
export interface IndexUse {
  readonly node: GraphNode;
  readonly count: number | null;
}

type Types = ReadonlyMap<string, TensorType>;

/** Operators that hand an index on as it is. */
const HANDING_ON = new Set(['Cast', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Transpose', 'Expand']);

/** What the elements of a tensor are used as, behind whatever hands them on. A condition that takes some of them out (`Where`) hands on the others. */
export function indexUses(name: string, wiring: Wiring, types: Types): readonly IndexUse[] {
  return (wiring.consumers.get(name) ?? []).flatMap((node): readonly IndexUse[] => {
    const handsOn = HANDING_ON.has(node.op) ? node.inputs[0] === name : node.op === 'Where' && node.inputs[0] !== name;
    if (handsOn) return indexUses(node.outputs[0] as string, wiring, types);
    return [{ node, count: limitOf(node, node.inputs.indexOf(name), wiring, types) }];
  });
}

function limitOf(node: GraphNode, slot: number, { graph }: Wiring, types: Types): number | null {
  const shape = (input: number) =>
    types.get(node.inputs[input] ?? '')?.shape ?? graph.initializers.get(node.inputs[input] ?? '')?.shape;
  const along = (axis: number): number | null => shape(0)?.[axisOf(axis, shape(0)?.length ?? 0)] ?? null;
  switch (node.op) {
    case 'Gather':
    case 'GatherElements':
    case 'ScatterElements':
      return slot === 1 ? along(intAttribute(node.attributes, 'axis', 0)) : null;
    case 'SoftmaxCrossEntropyLoss':
    case 'NegativeLogLikelihoodLoss':
      return slot === 1 ? along(1) : null;
    case 'OneHot': {
      const depth = graph.initializers.get(node.inputs[1] ?? '')?.read();
      return slot === 0 && depth !== undefined ? (toNumbers(depth)[0] ?? null) : null;
    }
    default:
      return null;
  }
}
